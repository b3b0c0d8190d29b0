// Package breadth executes GraphQL operations breadth first for servers built with gqlgen.
//
// gqlgen's own executor goes depth first and object by object. This one resolves each field once a level: a field's
// resolver is called with all objects of its level together, the answers of a level become the objects of the next, and
// when nothing is left to resolve the JSON is written in one pass, plain values straight from the structs that hold them.
// Loaders (package batch) know exactly when a level has asked for all it needs (package round), so they need no timer.
//
// A gqlgen plugin (package plugin) generates typed tables beside gqlgen's executor; [New] makes of them a
// [graphql.ExecutableSchema] that takes the place of the generated one, which it keeps for the few operations that it
// does not cover and for introspection.
//
// The exported names fall in two groups. [New] and the [Option] values are for servers. [Tables], [Object], [Field],
// [Completer] and what makes them are for generated code.
package breadth
