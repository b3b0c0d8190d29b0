package ctt

import "math"

// DistractorStatus judges a wrong option by how often it is chosen.
type DistractorStatus string

const (
	Functioning    DistractorStatus = "FUNCTIONING"
	Weak           DistractorStatus = "WEAK"
	NonFunctioning DistractorStatus = "NON_FUNCTIONING"
	// UnknownStatus: too few responses, or the option is the key.
	UnknownStatus DistractorStatus = "UNKNOWN"
)

// DistractorRules are the limits by which options are judged.
type DistractorRules struct {
	MinResponses         int64   // people given the item before a status is set
	MinForDiscrimination int64   // people given the item before an option can be inverted
	MinPeople            int64   // people with a total before quarters are formed
	FunctioningShare     float64 // at least this share: functioning
	WeakShare            float64 // at least this share: weak; below: non-functioning
	InvertedBy           float64 // top quarter chooses a distractor more than the bottom by this
}

// DefaultDistractorRules are 50, 40 and 10 people, 5 % and 2 % (Haladyna & Downing 1993
// for the 5 %), and .10.
func DefaultDistractorRules() DistractorRules {
	return DistractorRules{
		MinResponses: 50, MinForDiscrimination: 40, MinPeople: 10,
		FunctioningShare: .05, WeakShare: .02, InvertedBy: .10,
	}
}

// OptionAnalysis is the distractor table of one item.
type OptionAnalysis struct {
	Administered int64
	Omitted      int64     // given the item, chose none of the options
	Quarters     *Quarters // cuts of the quarters with ties inside; nil with exact quarters, or none
	NBottom      int64     // people in the bottom quarter, whether or not given the item
	NTop         int64
	Overlap      bool // the quarters share people because of ties: discrimination means little

	Options  []OptionStats // in the order of the item's options
	Omission OptionStats   // the same figures for choosing no option

	// EntropyNats is −Σ p ln p over the options, p the share among those who chose one.
	EntropyNats *float64
	// EffectiveOptions is exp(EntropyNats): as many equally popular options would have this
	// entropy.
	EffectiveOptions *float64
	// EffectiveDistractors is the same over the wrong options alone.
	EffectiveDistractors *float64
}

// OptionStats are the figures of one option. Shares are of those given the item.
type OptionStats struct {
	IsKey       bool
	Count       int64
	Share       *float64
	CountBottom int64
	CountTop    int64
	ShareBottom *float64 // of the bottom quarter given the item
	ShareTop    *float64 // of the top quarter given the item
	// Discrimination is ShareTop − ShareBottom: positive for a good key, negative for a good
	// distractor.
	Discrimination *float64
	// PointBiserialTotal and PointBiserialRest correlate choosing the option (1) or not (0)
	// with the total and with the rest, over those given the item.
	PointBiserialTotal *float64
	PointBiserialRest  *float64

	Status   DistractorStatus
	Inverted bool // a distractor that the top quarter prefers to the bottom quarter
}

// Analyze computes the distractor table. everyone counts all people of the analysis by
// total, from which the quarters are formed, also those not given the item.
func (o ItemOptions) Analyze(everyone ScoreCounts, rules DistractorRules) OptionAnalysis {
	q, ok := everyone.Quarters()
	if !ok || everyone.N() < rules.MinPeople {
		return o.analyze(extremes{}, rules)
	}
	within := func(c ScoreCounts) extremeCount { return extremeCount{c.AtMost(q.Lower), c.AtLeast(q.Upper)} }
	e := extremes{formed: true, given: within(o.ByScore), chosen: make([]extremeCount, len(o.Options))}
	for k, opt := range o.Options {
		e.chosen[k] = within(opt.ByScore)
	}
	a := o.analyze(e, rules)
	all := within(everyone)
	a.Quarters, a.Overlap = &q, q.Upper <= q.Lower
	a.NBottom, a.NTop = all.bottom, all.top
	return a
}

// extremeCount counts people in the bottom and in the top quarter.
type extremeCount struct{ bottom, top int64 }

// extremes are the people of both quarters who were given the item, and of them those who
// chose each option.
type extremes struct {
	formed bool
	given  extremeCount
	chosen []extremeCount
}

func (o ItemOptions) analyze(e extremes, rules DistractorRules) OptionAnalysis {
	a := OptionAnalysis{Administered: o.Item.Administered, Options: make([]OptionStats, len(o.Options))}
	none := OptionSums{Chosen: o.Item.Administered, SumTotal: o.Item.sumTotal(), SumRest: o.Item.SumRest}
	noneExtreme := e.given
	var all, wrong []int64
	for k, opt := range o.Options {
		none.Chosen -= opt.Chosen
		none.SumTotal -= opt.SumTotal
		none.SumRest -= opt.SumRest
		all = append(all, opt.Chosen)
		if k != o.Key {
			wrong = append(wrong, opt.Chosen)
		}
		s := o.stats(opt)
		s.IsKey = k == o.Key
		if e.formed {
			noneExtreme.bottom -= e.chosen[k].bottom
			noneExtreme.top -= e.chosen[k].top
			s.contrast(e.chosen[k], e.given)
		}
		s.judge(o.Item.Administered, rules)
		a.Options[k] = s
	}
	a.Omitted, a.Omission = none.Chosen, o.stats(none)
	if e.formed {
		a.Omission.contrast(noneExtreme, e.given)
	}
	if h, ok := entropy(all); ok {
		a.EntropyNats, a.EffectiveOptions = optional(h, true), optional(math.Exp(h), true)
	}
	if h, ok := entropy(wrong); ok {
		a.EffectiveDistractors = optional(math.Exp(h), true)
	}
	return a
}

// stats are the figures of an option that need no quarters.
func (o ItemOptions) stats(opt OptionSums) OptionStats {
	n := o.Item.Administered
	chosen := crossProduct(n, opt.Chosen, opt.Chosen, opt.Chosen)
	return OptionStats{
		Count: opt.Chosen, Share: share(opt.Chosen, n), Status: UnknownStatus,
		PointBiserialTotal: optional(correlation(
			crossProduct(n, opt.Chosen, o.Item.sumTotal(), opt.SumTotal), chosen, o.Item.totalProduct())),
		PointBiserialRest: optional(correlation(
			crossProduct(n, opt.Chosen, o.Item.SumRest, opt.SumRest), chosen, o.Item.restProduct())),
	}
}

// contrast compares the quarters: those who chose the option with those given the item.
func (s *OptionStats) contrast(chose, given extremeCount) {
	s.CountBottom, s.CountTop = chose.bottom, chose.top
	s.ShareBottom, s.ShareTop = share(chose.bottom, given.bottom), share(chose.top, given.top)
	if s.ShareBottom != nil && s.ShareTop != nil {
		s.Discrimination = optional(*s.ShareTop-*s.ShareBottom, true)
	}
}

// judge sets the status of a distractor and whether it is inverted.
func (s *OptionStats) judge(administered int64, rules DistractorRules) {
	if s.IsKey || s.Share == nil {
		return
	}
	if administered >= rules.MinResponses {
		switch {
		case *s.Share >= rules.FunctioningShare:
			s.Status = Functioning
		case *s.Share >= rules.WeakShare:
			s.Status = Weak
		default:
			s.Status = NonFunctioning
		}
	}
	s.Inverted = administered >= rules.MinForDiscrimination &&
		s.Discrimination != nil && *s.Discrimination >= rules.InvertedBy
}

func share(part, whole int64) *float64 {
	if whole <= 0 {
		return nil
	}
	return optional(float64(part)/float64(whole), true)
}

// entropy of the shares of counts, in nats. False if the counts sum to nothing.
func entropy(counts []int64) (float64, bool) {
	var n int64
	for _, c := range counts {
		n += max(c, 0)
	}
	if n == 0 {
		return 0, false
	}
	h := 0.0
	for _, c := range counts {
		if c > 0 {
			p := float64(c) / float64(n)
			h -= p * math.Log(p)
		}
	}
	return max(h, 0), true
}
