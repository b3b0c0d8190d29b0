package ctt

// OptionSums are the running sums of one answer option over the people who chose it.
// Total is the person's number right on everything they were given, the item included;
// rest is the total without the item.
type OptionSums struct {
	Chosen   int64
	SumTotal int64       // Σ total over the choosers
	SumRest  int64       // Σ rest over the choosers
	ByScore  ScoreCounts // choosers by total; rows of their own in a database
}

// Add counts one person who chose the option.
func (s *OptionSums) Add(total, rest int) {
	if s.ByScore == nil {
		s.ByScore = ScoreCounts{}
	}
	s.Chosen++
	s.SumTotal += int64(total)
	s.SumRest += int64(rest)
	s.ByScore.Add(total, 1)
}

// Merge adds the sums of other people.
func (s *OptionSums) Merge(o OptionSums) {
	if s.ByScore == nil {
		s.ByScore = ScoreCounts{}
	}
	s.Chosen += o.Chosen
	s.SumTotal += o.SumTotal
	s.SumRest += o.SumRest
	s.ByScore.Merge(o.ByScore)
}

// Remove takes out sums that were added or merged before.
func (s *OptionSums) Remove(o OptionSums) {
	if s.ByScore == nil {
		s.ByScore = ScoreCounts{}
	}
	s.Chosen -= o.Chosen
	s.SumTotal -= o.SumTotal
	s.SumRest -= o.SumRest
	s.ByScore.Remove(o.ByScore)
}

// ItemOptions are the sums of one multiple-choice item.
type ItemOptions struct {
	Item    ItemSums     // over everybody given the item
	ByScore ScoreCounts  // everybody given the item, by total
	Options []OptionSums // in the order of the item's options
	Key     int          // index of the correct option, or −1 if there is none
}
