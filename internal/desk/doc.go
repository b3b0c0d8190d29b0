// Package desk is a psychometrician's work on files: calibrating items, linking
// scales, scoring people, analysing items and simulating tests. It takes tables
// read by package worksheet and returns reports, which encode as JSON with
// lasting field names (null is what the data do not define) and write themselves
// as tables for people.
package desk
