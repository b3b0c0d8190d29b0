// Package analytics turns answers into statistics of items and forms. Reports
// never read answers: they read running sums, which the transaction that
// completes a test session updates, and leave the figures to package ctt.
package analytics
