// Package graph is the GraphQL surface: resolvers that authorize, call one
// service or one loader, and map. What it serves is written in schema/.
package graph

//go:generate go -C .. run ./graph/generate
