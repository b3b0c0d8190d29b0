package cat

// minimum is the number of items that a domain must have had.
func (r *Rules) minimum(domain int) int {
	if r.Weights[domain] == 0 {
		return 0
	}
	return r.MinPerDomain
}

// contentMet reports whether content lets the test end: every domain has had its
// minimum, or enough have in a test that is long enough for the waiver.
func (t *Test) contentMet() bool {
	r := &t.engine.rules
	covered, weighted := 0, 0
	for d, count := range t.perDomain {
		if r.Weights[d] == 0 {
			continue
		}
		weighted++
		if count >= r.minimum(d) {
			covered++
		}
	}
	return covered == weighted || t.answered >= r.WaiverItems && covered >= r.WaiverDomains
}

// allowDeficits allows only domains below their minimum, and reports whether
// content asks for that: there is a deficit, and it fits in what is left of the
// test.
func (t *Test) allowDeficits() bool {
	r := &t.engine.rules
	deficit := 0
	for d, count := range t.perDomain {
		missing := max(0, r.minimum(d)-count)
		t.allowed[d] = missing > 0
		deficit += missing
	}
	return deficit > 0 && deficit <= r.MaxItems-t.answered
}

// allowUnderrepresented allows only domains whose share of the answers lies below
// their weight by more than the tolerance, and reports whether there is one.
func (t *Test) allowUnderrepresented() bool {
	r := &t.engine.rules
	some := false
	for d, count := range t.perDomain {
		share := float64(count) / float64(max(1, t.answered))
		t.allowed[d] = r.Weights[d]-share > r.ShareTolerance
		some = some || t.allowed[d]
	}
	return some
}

// allowBlueprint allows every domain that is part of the test.
func (t *Test) allowBlueprint() {
	for d, weight := range t.engine.rules.Weights {
		t.allowed[d] = weight > 0
	}
}

// choose narrows the choice by content, widening again where the narrower set has
// no item, and lets exposure control choose within it.
func (t *Test) choose(d *Decision) (item int32, ok bool) {
	if t.allowDeficits() {
		if item, ok = t.expose(d); ok {
			return item, true
		}
	} else if t.allowUnderrepresented() {
		if item, ok = t.expose(d); ok {
			return item, true
		}
	}
	t.allowBlueprint()
	return t.expose(d)
}
