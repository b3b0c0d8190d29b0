// Package house holds the tests of what is true of the whole tree: that every
// package says what it is, that generated code is marked as such, and that what
// the README shows is what the server answers.
package house
