// Package ctt is classical test theory: item analysis, reliability, distractors,
// differential item functioning, person fit and response times.
//
// Most statistics exist in two forms that agree to 1e-9. The batch form reads a
// [Matrix] of people by items. The running-sum form ([ItemSums], [PairSums],
// [OptionSums], [ScoreCounts]) holds only int64 counts that merge by addition, so a
// database can keep them as columns (n = n + delta), add one session, merge two
// shards or take a session out again, and read a report without reading answers.
//
// Missing answers are never filled in. Each result says how they were handled, and a
// statistic that the data do not define (no variance, too few people) is absent: the
// second value of a method is false, or the pointer in a result is nil. Nothing here
// returns NaN or an infinity in their place.
//
// The package is pure: it knows no database, no clock and no randomness.
package ctt
