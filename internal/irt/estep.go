package irt

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

// negligible is how far below a person's best point, in log-likelihood, a point
// may lie before its posterior mass is less than the last bit of the sum.
const negligible = 37

// maxShards bounds the accumulators that the expectation step keeps, and with
// them the processors it can use.
const maxShards = 16

// table holds the log-likelihoods of all answers on the quadrature points:
// points lie contiguously, so that a person's log-likelihood is a sum of rows.
type table struct {
	nodes    int
	rows     []float64 // by cell: ln Q and ln P of item 0, of item 1, ...
	logit    []float64 // by item: ln P - ln Q
	base     []float64 // sum of ln Q over all items
	logPrior []float64
}

func newTable(items, nodes int) *table {
	return &table{
		nodes: nodes, rows: make([]float64, 2*items*nodes), logit: make([]float64, items*nodes),
		base: make([]float64, nodes), logPrior: make([]float64, nodes),
	}
}

func (t *table) row(c cell) []float64 { return t.rows[int(c)*t.nodes:][:t.nodes] }

// logLikelihood fills dst with ln prior plus the log-likelihood of one person's
// answers. Someone who answered the whole bank costs one row for each right
// answer only.
func (t *table) logLikelihood(dst []float64, answers []cell, complete bool) {
	copy(dst, t.logPrior)
	if !complete {
		addRows(dst, t.rows, answers)
		return
	}
	floats.Add(dst, t.base)
	n := t.nodes
	for _, c := range answers {
		if c.correct() {
			floats.Add(dst, t.logit[c.item()*n:][:n])
		}
	}
}

// addRows adds rows of len(dst) numbers, four at a time to spare stores.
func addRows(dst, rows []float64, answers []cell) {
	n := len(dst)
	for ; len(answers) >= 4; answers = answers[4:] {
		a, b := rows[int(answers[0])*n:][:n], rows[int(answers[1])*n:][:n]
		c, d := rows[int(answers[2])*n:][:n], rows[int(answers[3])*n:][:n]
		for k := range dst {
			dst[k] += (a[k] + b[k]) + (c[k] + d[k])
		}
	}
	for _, c := range answers {
		floats.Add(dst, rows[int(c)*n:][:n])
	}
}

// posterior turns log-likelihoods into posterior masses that sum to weight,
// zero outside [from, to), and returns that range and the logarithm of the
// marginal likelihood.
func posterior(l []float64, weight float64) (from, to int, logMarginal float64) {
	top := floats.Max(l)
	for from < len(l) && l[from] < top-negligible {
		l[from] = 0
		from++
	}
	to = len(l)
	for to > from && l[to-1] < top-negligible {
		to--
		l[to] = 0
	}
	var total float64
	for k := from; k < to; k++ {
		l[k] = math.Exp(l[k] - top)
		total += l[k]
	}
	floats.Scale(weight/total, l[from:to])
	return from, to, top + math.Log(total)
}

// counts are the expected numbers of people by quadrature point: for each cell
// those who gave that answer, and all people.
type counts struct {
	cells  []float64
	people []float64
	// Of those who answered the whole bank only the right answers are counted, here;
	// the wrong ones are what is left of everyone.
	full, everyone []float64
	logLikelihood  float64
}

func (c *counts) reset() {
	clear(c.cells)
	clear(c.people)
	clear(c.full)
	clear(c.everyone)
	c.logLikelihood = 0
}

func (c *counts) add(o *counts) {
	floats.Add(c.cells, o.cells)
	floats.Add(c.people, o.people)
	floats.Add(c.full, o.full)
	floats.Add(c.everyone, o.everyone)
	c.logLikelihood += o.logLikelihood
}

// settle spreads full and everyone over cells.
func (c *counts) settle() {
	n := len(c.people)
	for j := 0; j*n < len(c.full); j++ {
		wrong, right := c.cells[2*j*n:][:n], c.cells[(2*j+1)*n:][:n]
		for k, r := range c.full[j*n:][:n] {
			right[k] += r
			wrong[k] += math.Max(0, c.everyone[k]-r)
		}
	}
}

// expectation runs E-steps (Bock & Aitkin 1981) over a fixed split of the people,
// merged in order.
type expectation struct {
	data    *Responses
	shards  []span
	sums    []*counts
	workers int
}

func newExpectation(data *Responses, nodes, workers int) *expectation {
	// Accumulators together take about as much memory as the answers, or that of two.
	shards := min(maxShards, max(2, data.Answers()/(data.items*nodes)))
	e := &expectation{data: data, shards: data.shards(shards), workers: workers}
	complete := false
	for i := range data.People() {
		complete = complete || len(data.person(i)) == data.items
	}
	for range max(1, len(e.shards)) {
		c := &counts{
			cells: make([]float64, 2*data.items*nodes), people: make([]float64, nodes), everyone: make([]float64, nodes),
		}
		if complete {
			c.full = make([]float64, data.items*nodes)
		}
		e.sums = append(e.sums, c)
	}
	return e
}

// run returns the expected counts under the table; they are valid until the
// next run.
func (e *expectation) run(ctx context.Context, t *table) (*counts, error) {
	err := parallel(ctx, e.workers, len(e.sums), func(ctx context.Context, s int) {
		e.sums[s].reset()
		if s < len(e.shards) {
			e.shard(ctx, t, e.shards[s], e.sums[s])
		}
	})
	if err != nil {
		return nil, err
	}
	total := e.sums[0]
	for _, c := range e.sums[1:] {
		total.add(c)
	}
	total.settle()
	return total, nil
}

func (e *expectation) shard(ctx context.Context, t *table, people span, c *counts) {
	n := t.nodes
	w := make([]float64, n)
	for i := people.from; i < people.to; i++ {
		if i%4096 == 0 && ctx.Err() != nil {
			return
		}
		answers, weight := e.data.person(i), e.data.weightOf(i)
		complete := len(answers) == e.data.items
		t.logLikelihood(w, answers, complete)
		from, to, l := posterior(w, weight)
		c.logLikelihood += weight * l
		mass := w[from:to]
		floats.Add(c.people[from:to], mass)
		if !complete {
			for _, x := range answers {
				floats.Add(c.cells[int(x)*n+from:][:len(mass)], mass)
			}
			continue
		}
		floats.Add(c.everyone[from:to], mass)
		for _, x := range answers {
			if x.correct() {
				floats.Add(c.full[x.item()*n+from:][:len(mass)], mass)
			}
		}
	}
}
