package cat

import "math"

// expose lets exposure control choose among the items of the allowed domains. It
// never leaves a test without an item that the bank still has: where control
// would turn all away, it yields.
func (t *Test) expose(d *Decision) (item int32, ok bool) {
	switch t.engine.rules.Exposure {
	case SympsonHetter:
		return t.admit(d)
	case ProgressiveRestricted:
		return t.progress()
	default:
		t.engine.ranker.rank(t, t.engine.rules.Randomesque)
		if len(t.best.items) == 0 {
			return 0, false
		}
		return t.best.items[t.drawHere(purposePick).below(len(t.best.items))], true
	}
}

// admit proposes items from the best down, and gives the first whose draw is
// below its admission probability (Sympson & Hetter 1985). An item turned away
// stays so for the whole test, since its draw depends on test and item only. If
// all are turned away, the one that came nearest to admission is given.
func (t *Test) admit(d *Decision) (item int32, ok bool) {
	admission, draw := t.engine.admission, t.drawOnce(purposeAdmission)
	nearest, margin := int32(0), math.Inf(1)
	proposed := 0
	for size := 8; ; size *= 8 {
		t.engine.ranker.rank(t, size)
		for _, i := range t.best.items[proposed:] {
			if admission == nil {
				return i, true
			}
			u := draw.uniform(t.engine.bank.ids[i])
			if u < admission[i] {
				return i, true
			}
			d.Passed = append(d.Passed, t.engine.bank.ids[i])
			if m := u - admission[i]; m < margin {
				nearest, margin = i, m
			}
		}
		if proposed = len(t.best.items); proposed < size {
			return nearest, proposed > 0
		}
	}
}

// progress chooses by the progressive criterion among the items that are not
// over-exposed, or among all if every one is.
func (t *Test) progress() (item int32, ok bool) {
	ranker := t.engine.ranker.(*fisher)
	t.restricted = t.engine.rates != nil
	ranker.progressive(t)
	if t.restricted = false; t.engine.rates != nil && len(t.best.items) == 0 {
		ranker.progressive(t)
	}
	if len(t.best.items) == 0 {
		return 0, false
	}
	return t.best.items[0], true
}
