package score

import (
	"fmt"
	"math"

	"github.com/aiqhq/aiq/internal/vocab"
)

// Domains scores each domain that the steps touch, in reporting order. A test
// scored by ability has domain scores by the EAP of each domain's calibrated
// questions under the population's prior, with standard errors: with few
// questions they lie near 100. Any other has them by the share of right
// answers. A domain without a calibrated question in a test scored by ability
// has none.
func Domains(steps []vocab.Step, by vocab.ScoringMethod) ([]vocab.DomainScore, error) {
	out := count(steps)
	for i := range out {
		d := &out[i]
		if by != vocab.EAP && by != vocab.WLE {
			value := shareOnScale(share(d.Correct, d.Items))
			d.Score = &value
			continue
		}
		items, correct := calibrated(of(steps, d.Domain))
		if len(items) == 0 {
			continue
		}
		e, err := eap(items, correct)
		if err != nil {
			return nil, fmt.Errorf("estimate the ability in %s: %w", d.Domain, err)
		}
		value, sem := onScale(Mean+SD*e.Theta), SD*e.SE
		d.Score, d.StandardErrorOfMeasurement = &value, &sem
	}
	return out, nil
}

func of(steps []vocab.Step, domain vocab.Domain) []vocab.Step {
	var out []vocab.Step
	for _, step := range steps {
		if step.Domain == domain {
			out = append(out, step)
		}
	}
	return out
}

// count counts the questions and right answers of each domain that the steps
// touch, in reporting order.
func count(steps []vocab.Step) []vocab.DomainScore {
	counts := make([]vocab.DomainScore, len(vocab.Domains()))
	for _, step := range steps {
		c := &counts[step.Domain.Index()]
		c.Items++
		if step.Correct {
			c.Correct++
		}
	}
	out := []vocab.DomainScore{}
	for i, c := range counts {
		if c.Items > 0 {
			c.Domain = vocab.Domains()[i]
			c.Accuracy = math.Round(1000*share(c.Correct, c.Items)) / 1000
			out = append(out, c)
		}
	}
	return out
}

// Strongest is the domain with the highest accuracy, the first of several in
// reporting order; nil if no domain is better than another.
func Strongest(scores []vocab.DomainScore) *vocab.Domain {
	return extreme(scores, func(a, b float64) bool { return a > b })
}

// Weakest is the domain with the lowest accuracy, likewise.
func Weakest(scores []vocab.DomainScore) *vocab.Domain {
	return extreme(scores, func(a, b float64) bool { return a < b })
}

func extreme(scores []vocab.DomainScore, better func(a, b float64) bool) *vocab.Domain {
	if len(scores) == 0 {
		return nil
	}
	best, differ := scores[0], false
	for _, s := range scores[1:] {
		differ = differ || s.Accuracy != scores[0].Accuracy
		if better(s.Accuracy, best.Accuracy) {
			best = s
		}
	}
	if !differ {
		return nil
	}
	return &best.Domain
}
