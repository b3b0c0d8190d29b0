// Package privacy is a person's rights over what is kept about them: a document
// with all of it, and its erasure.
//
// Both go by one list of the tables that hold rows of people, and a test compares
// that list with the data model, so that no new table is forgotten.
package privacy
