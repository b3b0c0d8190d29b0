// Package cat is the adaptive testing engine: given a snapshot of the item bank
// and the answers so far, it estimates the examinee's ability and says which
// item comes next, or that the test ends and why.
//
// The engine is pure. It knows no database and no clock, and its randomness is
// a function of the state's seed, the position in the test and the item: the
// same bank, rules, state and seed always give the same decision, on any
// machine. A finished test can therefore be replayed and audited item by item.
//
// The pieces are few. A [Bank] is an immutable snapshot of items; [Rules] say
// how a test runs; an [Engine] is a bank prepared for a set of rules and is safe
// for concurrent use. [Engine.Next] takes a whole [State] and returns one
// [Decision]; a [Test] does the same incrementally and is what a simulation uses.
//
// # How an item is chosen
//
// First content: [Rules.Weights] and [Rules.MinPerDomain] may narrow the choice
// to some domains. Within them [Rules.Selection] ranks the items, and
// [Rules.Exposure] decides which of the ranked items is given, so that good
// items are not spent on everybody.
//
// # When a test ends
//
// The rules are asked in this order: the minimum length, the maximum length,
// content, the standard error, the stability of the estimate, and at last
// whether the bank has an item left. See [Engine.Next].
package cat
