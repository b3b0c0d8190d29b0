package bank

import (
	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// What a domain needs before adaptive tests are worth giving: enough questions
// whose parameters were estimated precisely enough, easy, medium and hard ones.
const (
	// ReadyItems is the number of calibrated questions that each domain needs.
	ReadyItems = 30
	// ReadyInBand is the number of them that each difficulty needs.
	ReadyInBand = 5
	// maxDifficultySE and maxDiscriminationSE are the largest standard errors, in
	// logits and on the logistic metric, of a question that counts.
	maxDifficultySE     = .5
	maxDiscriminationSE = .3
)

// Readiness is how far the bank is from being ready for adaptive tests.
type Readiness struct {
	// Ready is whether no domain lacks anything.
	Ready bool `json:"ready"`
	// Domains are those that tests cover, in reporting order.
	Domains []DomainReadiness `json:"domains"`
}

// DomainReadiness is what a domain has and lacks. Only questions that may be
// served and whose parameters are estimates with small standard errors count.
type DomainReadiness struct {
	Domain     vocab.Domain `json:"domain"`
	Calibrated int          `json:"calibrated"`
	Required   int          `json:"required"`
	// Missing is how many more are needed, 0 if none.
	Missing int             `json:"missing"`
	Bands   []BandReadiness `json:"bands"`
}

// BandReadiness is what a domain has and lacks of one difficulty.
type BandReadiness struct {
	Domain     vocab.Domain     `json:"domain"`
	Difficulty vocab.Difficulty `json:"difficulty"`
	Calibrated int              `json:"calibrated"`
	Required   int              `json:"required"`
	Missing    int              `json:"missing"`
}

// Ready is whether the domain lacks nothing.
func (d DomainReadiness) Ready() bool {
	for _, band := range d.Bands {
		if band.Missing > 0 {
			return false
		}
	}
	return d.Missing == 0
}

// Lacking are the domains that are not ready.
func (r Readiness) Lacking() []DomainReadiness {
	out := []DomainReadiness{}
	for _, d := range r.Domains {
		if !d.Ready() {
			out = append(out, d)
		}
	}
	return out
}

// Readiness is that of the bank as last loaded.
func (s *Snapshot) Readiness() Readiness { return s.readiness }

func readinessOf(questions []*db.Question, parameters map[ident.Question]*db.ItemParameters, weights []float64) Readiness {
	type cell struct {
		domain     vocab.Domain
		difficulty vocab.Difficulty
	}
	calibrated := map[cell]int{}
	for _, q := range questions {
		if precise(parameters[q.ID]) {
			calibrated[cell{q.Domain, q.Difficulty}]++
		}
	}
	out := Readiness{}
	for i, domain := range vocab.Domains() {
		if weights[i] <= 0 {
			continue
		}
		d := DomainReadiness{Domain: domain, Required: ReadyItems}
		for _, difficulty := range []vocab.Difficulty{vocab.Easy, vocab.Medium, vocab.Hard} {
			n := calibrated[cell{domain, difficulty}]
			d.Calibrated += n
			d.Bands = append(d.Bands, BandReadiness{
				Domain: domain, Difficulty: difficulty, Calibrated: n, Required: ReadyInBand, Missing: max(0, ReadyInBand-n),
			})
		}
		d.Missing = max(0, d.Required-d.Calibrated)
		out.Domains = append(out.Domains, d)
	}
	out.Ready = len(out.Lacking()) == 0
	return out
}

// precise reports whether parameters are estimates that may be relied on. A model
// without a discrimination of its own has no standard error of it.
func precise(p *db.ItemParameters) bool {
	if p == nil || p.Provisional || p.DifficultySe == nil || *p.DifficultySe > maxDifficultySE {
		return false
	}
	if p.DiscriminationSe == nil {
		return p.Model == vocab.OneParameter
	}
	return *p.DiscriminationSe <= maxDiscriminationSE
}
