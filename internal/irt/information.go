package irt

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

const (
	// polynomials bounds the terms in which a person's posterior covariances are
	// expanded; the expansion ends earlier once a term adds next to nothing.
	polynomials = 20
	// expansion is the share of the first term's square below which a term ends it.
	expansion = 1e-7
	// columns is the width of the buffer in which expansions of long answer vectors
	// wait for one matrix product.
	columns = 256
	// matrixMemory is how many numbers the accumulators of the information may hold together.
	matrixMemory = 2 << 20
)

// observed computes the observed information of the free parameters by Louis's
// (1982) identity: the expected complete-data information less the posterior
// covariance of each person's complete-data score. Scores are functions of
// ability, so with polynomials orthonormal under a person's posterior their
// covariance is the sum of products of their coefficients (Parseval), of which a
// handful suffice; that costs a fraction of a sum over points.
type observed struct {
	*maximization
	data    *Responses
	table   *table
	workers int
	scores  []float64 // by cell: derivative of its log-likelihood in the intercept, by point
	guesses []float64 // the same in ln c/(1-c); nil without the 3PL
	latents [latentParameters][]float64
}

func (m *maximization) newObserved(x []float64, data *Responses, t *table, workers int) *observed {
	n := t.nodes
	o := &observed{maximization: m, data: data, table: t, workers: workers, scores: make([]float64, len(t.rows))}
	if m.layout.model == Model3PL {
		o.guesses = make([]float64, len(t.rows))
	}
	for j, r := range m.layout.roles {
		if r != free {
			continue
		}
		v := m.layout.values(x, j)
		c := logistic(v[guess])
		for k, theta := range m.grid.nodes {
			z := v[slope]*theta + v[intercept]
			up, down := logistic(z), logistic(-z)
			wrong, right := 2*j*n+k, (2*j+1)*n+k
			o.scores[wrong], o.scores[right] = -up, down
			if o.guesses != nil {
				p := c + (1-c)*up
				o.scores[right] = (1 - c) * up * down / p
				o.guesses[wrong], o.guesses[right] = -c, c*(1-c)*down/p
			}
		}
	}
	masses := make([]float64, n)
	m.grid.masses(masses, m.layout.distribution(x))
	o.latents = m.latentScores(x, masses)
	return o
}

// gradient is that of the marginal log posterior at x, which is that of the
// expected complete-data log posterior there (Fisher's identity).
func (m *maximization) gradient(x []float64, c *counts) []float64 {
	g := make([]float64, m.layout.n)
	for j, r := range m.layout.roles {
		if r != free {
			continue
		}
		d := m.item(j, m.layout.values(x, j), c)
		for k, at := range m.layout.item[j] {
			if at >= 0 {
				g[at] += d.g[k]
			}
		}
	}
	lg, _ := m.latentDerivatives(x, c)
	for k, at := range m.layout.latent {
		if at >= 0 {
			g[at] = lg[k]
		}
	}
	return g
}

// complete adds the expected complete-data information to h, a matrix of order
// n of which the upper triangle is kept.
func (m *maximization) complete(x []float64, c *counts, h []float64) {
	n := m.layout.n
	for j, r := range m.layout.roles {
		if r != free {
			continue
		}
		d := m.item(j, m.layout.values(x, j), c)
		for k, row := range m.layout.item[j] {
			for l, col := range m.layout.item[j] {
				if row >= 0 && col >= row {
					h[row*n+col] -= d.h[k][l]
				}
			}
		}
	}
	_, lh := m.latentDerivatives(x, c)
	for k, row := range m.layout.latent {
		for l, col := range m.layout.latent {
			if row >= 0 && col >= row {
				h[row*n+col] += lh[k][l]
			}
		}
	}
}

// full returns the upper triangle of the observed information at x, given the
// counts there.
func (o *observed) full(ctx context.Context, x []float64, c *counts) ([]float64, error) {
	n := o.layout.n
	shards := o.data.shards(min(8, max(1, matrixMemory/(n*n))))
	sums := make([][]float64, max(1, len(shards)))
	err := parallel(ctx, o.workers, len(sums), func(ctx context.Context, s int) {
		sums[s] = make([]float64, n*n)
		if s < len(shards) {
			o.covariances(ctx, shards[s], &matrixSink{order: n, sum: sums[s]})
		}
	})
	if err != nil {
		return nil, err
	}
	for _, s := range sums[1:] {
		floats.Add(sums[0], s)
	}
	o.complete(x, c, sums[0])
	return sums[0], nil
}

// blocks returns, by item, the item's own block of the observed information.
func (o *observed) blocks(ctx context.Context, x []float64, c *counts) ([][itemParameters][itemParameters]float64, error) {
	shards := o.data.shards(maxShards)
	sums := make([]*blockSink, max(1, len(shards)))
	err := parallel(ctx, o.workers, len(sums), func(ctx context.Context, s int) {
		sums[s] = &blockSink{sum: make([][itemParameters][itemParameters]float64, len(o.layout.roles))}
		if s < len(shards) {
			o.covariances(ctx, shards[s], sums[s])
		}
	})
	if err != nil {
		return nil, err
	}
	total := sums[0].sum
	for j, r := range o.layout.roles {
		for _, s := range sums[1:] {
			for k := range itemParameters {
				for l := range itemParameters {
					total[j][k][l] += s.sum[j][k][l]
				}
			}
		}
		if r == free {
			d := o.item(j, o.layout.values(x, j), c)
			for k := range itemParameters {
				for l := range itemParameters {
					total[j][k][l] -= d.h[k][l]
				}
			}
		}
	}
	return total, nil
}

// expanded is the expansion of one person's score: coefficients[r] belongs to the
// parameter places[r]; places ascend.
type expanded struct {
	places       []int
	owners       []owner
	coefficients [][polynomials]float64
	terms        int
}

// owner names the item and the kind of parameter of a coefficient row.
type owner struct{ item, kind int }

func (p *expanded) row(place int, by owner) *[polynomials]float64 {
	if n := len(p.places); n > 0 && p.places[0] == place { // the common slope comes first
		return &p.coefficients[0]
	}
	p.places = append(p.places, place)
	p.owners = append(p.owners, by)
	p.coefficients = append(p.coefficients, [polynomials]float64{})
	return &p.coefficients[len(p.coefficients)-1]
}

// sink takes the posterior covariance of one person's score, to subtract.
type sink interface {
	subtract(p *expanded)
	finish()
}

// covariances hands every person's expanded score to the sink.
func (o *observed) covariances(ctx context.Context, people span, to sink) {
	e := newExpansion(o)
	for i := people.from; i < people.to; i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return
		}
		if weight := o.data.weightOf(i); weight > 0 {
			e.expand(o.data.person(i), weight)
			to.subtract(&e.expanded)
		}
	}
	to.finish()
}

// matrixSink accumulates the upper triangle of a matrix of the given order.
type matrixSink struct {
	order  int
	sum    []float64
	buffer []float64 // order rows of `columns`; filled from the left
	filled int
}

func (s *matrixSink) subtract(p *expanded) {
	n := s.order
	if 4*len(p.places) < n {
		for r, row := range p.places {
			a := p.coefficients[r][:p.terms]
			line := s.sum[row*n:][:n]
			for q, col := range p.places[r:] {
				b := p.coefficients[r+q][:len(a)]
				var dot float64
				for m, v := range a {
					dot += v * b[m]
				}
				line[col] -= dot
			}
		}
		return
	}
	if s.buffer == nil {
		s.buffer = make([]float64, n*columns)
	}
	if s.filled+p.terms > columns {
		s.finish()
	}
	for r, row := range p.places {
		copy(s.buffer[row*columns+s.filled:], p.coefficients[r][:p.terms])
	}
	s.filled += p.terms
}

func (s *matrixSink) finish() {
	if s.filled == 0 {
		return
	}
	blas64.Syrk(blas.NoTrans, -1,
		blas64.General{Rows: s.order, Cols: s.filled, Stride: columns, Data: s.buffer}, 1,
		blas64.Symmetric{N: s.order, Stride: s.order, Data: s.sum, Uplo: blas.Upper})
	clear(s.buffer)
	s.filled = 0
}

// blockSink accumulates each item's own block.
type blockSink struct {
	sum [][itemParameters][itemParameters]float64
}

func (s *blockSink) subtract(p *expanded) {
	for r, a := range p.owners {
		for q := r; q < len(p.owners) && p.owners[q].item == a.item && a.item >= 0; q++ {
			dot := floats.Dot(p.coefficients[r][:p.terms], p.coefficients[q][:p.terms])
			b := p.owners[q]
			s.sum[a.item][a.kind][b.kind] -= dot
			if q != r {
				s.sum[a.item][b.kind][a.kind] -= dot
			}
		}
	}
}

func (s *blockSink) finish() {}
