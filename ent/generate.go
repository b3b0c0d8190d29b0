// Package ent ties the data model in ent/schema to what is generated from it:
// the client in ent/db and the versioned migrations in ent/migrations.
package ent

//go:generate go run -mod=mod entc.go
//go:generate go run ./migrate diff
