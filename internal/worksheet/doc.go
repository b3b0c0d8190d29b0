// Package worksheet reads and writes the files a psychometrician works with:
// tables of answers, answer keys, item banks and pairs of banks to be linked. All
// are text with one header row, its columns separated by commas, semicolons or tabs.
//
// A table of answers is wide, with a row for each person and a column for each
// item, or long, with a row for each answer:
//
//	person,group,i01,i02,i03        person,item,answer
//	1,reference,1,0,                1,i01,1
//	2,focal,,1,1                    1,i02,0
//
// Cells are 0 or 1, or the option chosen if there is a key. An empty cell was not
// administered. A column of counts makes each row a pattern that so many people
// gave.
//
// Answers are kept in four bytes each, whatever the size of the file. Faults in a
// file are a [*Error] that names file, row and column.
package worksheet
