package ctt

// TimeSums are the running sums of the response times to one item, in milliseconds.
type TimeSums struct {
	N         int64
	SumMillis int64
}

// Add counts one time. A time below 0 is a clock error and is left out.
func (s *TimeSums) Add(millis int64) {
	if millis < 0 {
		return
	}
	s.N++
	s.SumMillis += millis
}

// Merge adds the sums of other people.
func (s *TimeSums) Merge(o TimeSums) {
	s.N += o.N
	s.SumMillis += o.SumMillis
}

// Remove takes out sums that were added or merged before.
func (s *TimeSums) Remove(o TimeSums) { s.Merge(TimeSums{-o.N, -o.SumMillis}) }

// MeanSeconds is the mean time. False without times.
func (s TimeSums) MeanSeconds() (float64, bool) {
	if s.N <= 0 {
		return 0, false
	}
	return float64(s.SumMillis) / float64(s.N) / 1000, true
}

// ThresholdRule sets the time below which an answer counts as a rapid guess.
type ThresholdRule struct {
	Share      float64 // of the item's mean time
	MaxSeconds float64
	MinTimes   int64 // times an item needs before it has a threshold
}

// NT10 is the normative threshold of 10 % of the mean time and at most 10 seconds (Wise & Ma
// 2012), from 30 times on.
func NT10() ThresholdRule { return ThresholdRule{Share: .10, MaxSeconds: 10, MinTimes: 30} }

// Threshold in seconds. False while the item has too few times.
func (r ThresholdRule) Threshold(s TimeSums) (float64, bool) {
	mean, ok := s.MeanSeconds()
	if !ok || s.N < r.MinTimes {
		return 0, false
	}
	return min(r.Share*mean, r.MaxSeconds), true
}

// LowEffort is the response-time effort below which a person's score is not to be trusted (Wise
// & Kong 2005).
const LowEffort = .90

// TimedAnswer is one answer's time with the threshold of its item, in seconds.
type TimedAnswer struct {
	Seconds   *float64 // nil if it was not recorded
	Threshold *float64 // nil if the item has none yet
}

// Effort is a person's response-time effort.
type Effort struct {
	Counted int // answers with a time and a threshold
	Rapid   int // of them, those faster than the threshold
	LeftOut int // answers without a time or a threshold
	// RTE is the share of counted answers that took at least the threshold, "solution behavior"
	// (Wise & Kong 2005). Nil if none counts.
	RTE *float64
	Low bool // RTE below LowEffort
}

// NewEffort computes the response-time effort. A time or a threshold that is negative or not
// finite counts as not recorded.
func NewEffort(answers []TimedAnswer) Effort {
	var e Effort
	for _, a := range answers {
		if !usable(a.Seconds) || !usable(a.Threshold) {
			e.LeftOut++
			continue
		}
		e.Counted++
		if *a.Seconds < *a.Threshold {
			e.Rapid++
		}
	}
	e.RTE = share(int64(e.Counted-e.Rapid), int64(e.Counted))
	e.Low = e.RTE != nil && *e.RTE < LowEffort
	return e
}

func usable(v *float64) bool { return v != nil && finite(*v) && *v >= 0 }
