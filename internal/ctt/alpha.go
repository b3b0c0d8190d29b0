package ctt

import (
	"fmt"
	"math"
)

// MissingRule says how a result treated answers that are missing.
type MissingRule string

const (
	// Complete: nothing was missing.
	Complete MissingRule = "COMPLETE"
	// Pairwise: each covariance uses the people with both items, each variance those
	// with the item. The matrix need not be one that any single sample could have.
	Pairwise MissingRule = "PAIRWISE"
	// Listwise: only people with every item were used.
	Listwise MissingRule = "LISTWISE"
)

// AlphaResult is Cronbach's alpha of a test with what is needed to judge it.
type AlphaResult struct {
	Missing  MissingRule
	People   int64 // people the sums were taken over
	Items    int
	MinPairN int64 // people behind the thinnest covariance

	Raw            *float64 // from covariances (Cronbach 1951, eq. 2)
	Standardized   *float64 // from correlations: J r̄ / (1 + (J−1) r̄)
	MeanInterItemR *float64 // mean of the correlations that are defined
	// ObservedPairs is Raw with the mean of the known covariances in place of the unknown
	// ones; it equals Raw when every pair was seen, and is all there is when Raw is nil
	// because some pairs of items were never given to the same two people.
	ObservedPairs *float64
	// TotalSD and SEM are those of the number right on all items, SEM = SD √(1 − Raw).
	TotalSD *float64
	SEM     *float64

	PairsWithoutCovariance  int // pairs given to fewer than two people
	PairsWithoutCorrelation int // of those and the others, pairs in which an item does not vary

	ByItem []AlphaItem // in the order of the items
}

// AlphaItem is one item's part in alpha.
type AlphaItem struct {
	N                     int64    // people given the item
	P                     *float64 // share correct
	RestCovariance        *float64 // corrected item-total correlation from the covariance matrix; pairwise it can leave [−1, 1]
	IfDropped             *float64 // Raw of the other items
	StandardizedIfDropped *float64 // Standardized of the other items
}

// Alpha computes Cronbach's alpha from running sums. Covariances are those of the people
// with both items (n−1, their own means), variances those of everybody with the item; with
// nothing missing this is the textbook alpha, and for 0/1 items KR-20.
//
// people is the number of people the sums were taken over. The error is ErrShape if
// pairs belong to another number of items.
func Alpha(people int64, items []ItemSums, pairs *Pairs) (AlphaResult, error) {
	if pairs == nil || pairs.Items() != len(items) {
		return AlphaResult{}, fmt.Errorf("alpha of %d items: pairs: %w", len(items), ErrShape)
	}
	m := newMoments(people, items, pairs)
	return m.alpha(), nil
}

// moments are the covariance and correlation matrices reduced to what alpha needs: their
// sums, and the sum of each row without its diagonal.
type moments struct {
	people   int64
	items    []ItemSums
	minPairN int64
	complete bool

	variance   []float64 // 0 below two people
	noVariance int       // items below two people; their pairs are missing too
	cov, cor   offDiagonal
}

// offDiagonal sums the defined entries of a symmetric matrix beside its diagonal.
type offDiagonal struct {
	sum       float64   // over pairs i < j
	missing   int       // pairs without a value
	row       []float64 // per item, over its pairs
	rowMissed []int
}

func (o *offDiagonal) add(i, j int, v float64, ok bool) {
	if !ok {
		o.missing++
		o.rowMissed[i]++
		o.rowMissed[j]++
		return
	}
	o.sum += v
	o.row[i] += v
	o.row[j] += v
}

func newMoments(people int64, items []ItemSums, pairs *Pairs) *moments {
	n := len(items)
	m := &moments{
		people: people, items: items, complete: true,
		variance: make([]float64, n),
		cov:      offDiagonal{row: make([]float64, n), rowMissed: make([]int, n)},
		cor:      offDiagonal{row: make([]float64, n), rowMissed: make([]int, n)},
	}
	for i, it := range items {
		v, ok := it.Variance()
		if !ok {
			m.noVariance++
		}
		m.variance[i] = v
		m.complete = m.complete && it.Administered == people
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			p := pairs.sums[pairs.index(i, j)]
			if i == 0 && j == 1 || p.N < m.minPairN {
				m.minPairN = p.N
			}
			c, ok := p.Covariance()
			m.cov.add(i, j, c, ok)
			r, ok := p.Correlation()
			m.cor.add(i, j, r, ok)
		}
	}
	return m
}

func (m *moments) alpha() AlphaResult {
	n := len(m.items)
	res := AlphaResult{
		Missing: Pairwise, People: m.people, Items: n, MinPairN: m.minPairN,
		PairsWithoutCovariance: m.cov.missing, PairsWithoutCorrelation: m.cor.missing,
		ByItem: make([]AlphaItem, n),
	}
	if m.complete {
		res.Missing = Complete
	}
	trace := 0.0
	for _, v := range m.variance {
		trace += v
	}
	pairCount := n * (n - 1) / 2

	if known := pairCount - m.cov.missing; known > 0 && m.noVariance == 0 {
		off := 2 * m.cov.sum
		res.ObservedPairs = optional(rawAlpha(n, trace, off*float64(pairCount)/float64(known)))
		if m.cov.missing == 0 {
			res.Raw = res.ObservedPairs
			res.TotalSD = optional(math.Sqrt(trace+off), true)
		}
	}
	if res.Raw != nil && res.TotalSD != nil {
		res.SEM = optional(SEM(*res.TotalSD, *res.Raw))
	}
	if known := pairCount - m.cor.missing; known > 0 {
		res.MeanInterItemR = optional(m.cor.sum/float64(known), true)
	}
	if m.cor.missing == 0 {
		res.Standardized = optional(standardizedAlpha(n, m.cor.sum))
	}
	for i, it := range m.items {
		a := AlphaItem{N: it.Administered, P: optional(it.P())}
		if m.cov.missing == 0 {
			rest := trace - m.variance[i] + 2*(m.cov.sum-m.cov.row[i]) // variance of the total of the others
			if d := math.Sqrt(m.variance[i]) * math.Sqrt(rest); d > 0 {
				a.RestCovariance = optional(m.cov.row[i]/d, true)
			}
		}
		if m.cov.missing == m.cov.rowMissed[i] {
			a.IfDropped = optional(rawAlpha(n-1, trace-m.variance[i], 2*(m.cov.sum-m.cov.row[i])))
		}
		if m.cor.missing == m.cor.rowMissed[i] {
			a.StandardizedIfDropped = optional(standardizedAlpha(n-1, m.cor.sum-m.cor.row[i]))
		}
		res.ByItem[i] = a
	}
	return res
}

// rawAlpha is J/(J−1)·(1 − trace/(trace + off)), off the sum of both triangles.
func rawAlpha(items int, trace, off float64) (float64, bool) {
	total := trace + off
	if items < 2 || !(total > 0) {
		return 0, false
	}
	j := float64(items)
	return j / (j - 1) * off / total, true
}

// standardizedAlpha from the sum of the correlations over pairs i < j.
func standardizedAlpha(items int, sum float64) (float64, bool) {
	if items < 2 {
		return 0, false
	}
	j := float64(items)
	mean := sum / (j * (j - 1) / 2)
	if d := 1 + (j-1)*mean; d > 0 {
		return j * mean / d, true
	}
	return 0, false
}

// SEM is the standard error of measurement, sd·√(1 − reliability), in the units of sd.
// False if the reliability is above 1, or either is not finite.
func SEM(sd, reliability float64) (float64, bool) {
	s := sd * math.Sqrt(1-reliability)
	if math.IsNaN(s) || math.IsInf(s, 0) || sd < 0 {
		return 0, false
	}
	return s, true
}

// Alpha is Cronbach's alpha of the matrix. With Listwise only the people who were given every
// item count; any other rule means Pairwise. The result's Missing is Complete when nothing was
// missing in the first place.
func (m *Matrix) Alpha(rule MissingRule) AlphaResult {
	use := m
	if rule == Listwise {
		use = m.Complete()
	}
	t := use.Tally()
	res := newMoments(t.People, t.Items, t.Pairs).alpha()
	if rule == Listwise && use.People() < m.People() {
		res.Missing = Listwise
	}
	return res
}

// KR20 is Kuder & Richardson's formula 20, J/(J−1)·(1 − Σ pq / Var(total)), from people who
// were given every item, with the n-denominator in both variances. It equals their alpha. False
// below two items or where the total does not vary.
func (m *Matrix) KR20() (float64, bool) {
	t := NewTally(m.items)
	t.Pairs = nil
	for i := range m.People() {
		if row := m.Person(i); len(row) == m.items {
			t.count(row, 1)
		}
	}
	n := float64(t.Scores.N())
	_, sd, ok := t.Scores.MeanSD()
	if !ok || sd == 0 || m.items < 2 {
		return 0, false
	}
	pq := 0.0
	for _, it := range t.Items {
		p, _ := it.P()
		pq += p * (1 - p)
	}
	j := float64(m.items)
	return j / (j - 1) * (1 - pq/(sd*sd*(n-1)/n)), true
}

// WeakItems are the items whose corrected item-total correlation from the covariance matrix lies
// below limit, .15 by convention; items without one are not named.
func (a AlphaResult) WeakItems(limit float64) []int {
	var weak []int
	for j, it := range a.ByItem {
		if it.RestCovariance != nil && *it.RestCovariance < limit {
			weak = append(weak, j)
		}
	}
	return weak
}

// CountedItems are the items that count for alpha in sparse data: those given to at least
// minShare of the people, or to at least minPeople of them.
func CountedItems(people int64, items []ItemSums, minShare float64, minPeople int64) []int {
	var counted []int
	for j, it := range items {
		if it.Administered > 0 && (it.Administered >= minPeople || float64(it.Administered) >= minShare*float64(people)) {
			counted = append(counted, j)
		}
	}
	return counted
}
