package cat

import (
	"cmp"
	"math"
	"slices"
)

// stratified is the a-stratified rule of Chang & Ying (1999): the items of each
// domain are cut into strata of ascending discrimination, the test into as many
// stages, and a stage takes from its stratum the item whose difficulty is nearest
// to theta. Strata are made within domains (Yi & Chang 2003), so that content
// balance finds every domain at every stage.
type stratified struct {
	bank *Bank
	// strata is by stratum, then by domain.
	strata []blocks
	length int
}

func newStratified(bank *Bank, rules Rules) *stratified {
	s := &stratified{bank: bank, strata: make([]blocks, rules.Strata), length: rules.MaxItems}
	for n := range s.strata {
		s.strata[n] = make(blocks, bank.domains)
	}
	for d, items := range newBlocks(bank) {
		slices.SortStableFunc(items, func(x, y int32) int {
			return cmp.Compare(bank.params[x].A, bank.params[y].A)
		})
		for n := range s.strata {
			from, to := n*len(items)/rules.Strata, (n+1)*len(items)/rules.Strata
			stratum := items[from:to]
			slices.SortStableFunc(stratum, func(x, y int32) int {
				return cmp.Compare(bank.params[x].B, bank.params[y].B)
			})
			s.strata[n][d] = stratum
		}
	}
	return s
}

// rank takes the stratum of the test's stage. Where it has nothing left, the next
// higher ones follow, and then the lower ones from the top.
func (s *stratified) rank(t *Test, k int) {
	stage := min(len(s.strata)-1, t.answered*len(s.strata)/s.length)
	t.best.reset(k)
	for n := stage; n < len(s.strata) && len(t.best.items) == 0; n++ {
		s.rankStratum(t, n)
	}
	for n := stage - 1; n >= 0 && len(t.best.items) == 0; n-- {
		s.rankStratum(t, n)
	}
}

// rankStratum walks from theta outwards to both sides, until no item on a side
// can be among the best.
func (s *stratified) rankStratum(t *Test, n int) {
	theta := t.estimate.Theta
	for d, items := range s.strata[n] {
		if !t.allowed[d] {
			continue
		}
		offer := func(i int32) bool {
			nearness := -math.Abs(s.bank.params[i].B - theta)
			if !t.best.admits(nearness) {
				return false
			}
			if t.available(i) {
				t.best.offer(nearness, i)
			}
			return true
		}
		above, _ := slices.BinarySearchFunc(items, theta, func(i int32, theta float64) int {
			return cmp.Compare(s.bank.params[i].B, theta)
		})
		for place := above; place < len(items) && offer(items[place]); place++ {
		}
		for place := above - 1; place >= 0 && offer(items[place]); place-- {
		}
	}
}
