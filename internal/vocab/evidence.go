package vocab

// Evidence is what a verdict on a session rests on. Parts that the answers do
// not define are nil.
type Evidence struct {
	// PersonFit is the index of person fit, by PersonFitMethod: LZ_STAR where the
	// items are calibrated, else HEURISTIC, the share of answers that the
	// difficulty labels do not lead one to expect.
	PersonFit         *float64 `json:"personFit,omitempty"`
	PersonFitMethod   string   `json:"personFitMethod,omitempty"`
	PersonFitAberrant bool     `json:"personFitAberrant,omitempty"`
	// LZ is the index before Snijders' correction.
	LZ *float64 `json:"lz,omitempty"`
	// GuttmanErrors are a share of the most possible.
	GuttmanErrors *float64 `json:"guttmanErrors,omitempty"`
	// ResponseTimeEffort is the share of answers slower than rapid guessing.
	ResponseTimeEffort *float64 `json:"responseTimeEffort,omitempty"`
	// Flags name the conspicuous parts, in a fixed order.
	Flags []string `json:"flags,omitempty"`
}
