package ctt

// ItemStats are the classical statistics of one item. With missing answers there is no one
// corrected item-total correlation; two are here and the third, from the pairwise covariance
// matrix, is AlphaItem.RestCovariance. Without missing answers the three agree.
type ItemStats struct {
	Administered int64
	Omitted      int64
	P            *float64 // share correct
	SD           *float64 // of the item score, n−1

	// ItemTotal and ItemRest correlate the score with the number right on everything the person
	// was given, with and without this item.
	ItemTotal *float64
	ItemRest  *float64
	// ItemTotalShare and ItemRestShare take the share right in place of the number, which is
	// fairer where people were given different numbers of items.
	ItemTotalShare *float64
	ItemRestShare  *float64

	Tier DiscriminationTier // by ItemRest; empty if that is not defined
}

// Stats are the statistics that the sums define; the ones from shares are nil.
func (s ItemSums) Stats() ItemStats {
	st := ItemStats{
		Administered: s.Administered, Omitted: s.Omitted,
		P: optional(s.P()), SD: optional(s.SD()),
		ItemTotal: optional(s.ItemTotal()), ItemRest: optional(s.ItemRest()),
	}
	if st.ItemRest != nil {
		st.Tier = TierOf(*st.ItemRest)
	}
	return st
}

// ItemStats are the statistics of every item, each over the people who were given it. A
// person given no other item has no rest and enters neither rest correlation.
func (m *Matrix) ItemStats() []ItemStats {
	sums := make([]ItemSums, m.items)
	total, rest := make([]Comoments, m.items), make([]Comoments, m.items)
	for i := range m.People() {
		row := m.Person(i)
		right, given := numberRight(row), len(row)
		for _, a := range row {
			x := a.Response.Score()
			sums[a.Item].Add(a.Response, right-x, given-1)
			total[a.Item].Add(float64(x), float64(right)/float64(given))
			if given > 1 {
				rest[a.Item].Add(float64(x), float64(right-x)/float64(given-1))
			}
		}
	}
	stats := make([]ItemStats, m.items)
	for j := range stats {
		stats[j] = sums[j].Stats()
		stats[j].ItemTotalShare = optional(total[j].Correlation())
		stats[j].ItemRestShare = optional(rest[j].Correlation())
	}
	return stats
}
