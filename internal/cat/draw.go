package cat

// draw gives random numbers by what they are for: the same key, the same number.
// No draw depends on how many were made before it, so that a decision can be
// repeated without repeating the search that led to it.
type draw uint64

// What a draw is for keeps the random numbers of one test apart.
const (
	purposePick uint64 = iota + 1
	purposeOrder
	purposeProgressive
	purposeAdmission
)

// drawHere draws anew at every position of the test.
func (t *Test) drawHere(purpose uint64) draw {
	return draw(scramble(scramble(t.seed+purpose) + uint64(t.answered)))
}

// drawOnce draws the same at every position of the test.
func (t *Test) drawOnce(purpose uint64) draw {
	return draw(scramble(t.seed + purpose))
}

// uniform is the random number in [0, 1) for a key.
func (d draw) uniform(key int64) float64 {
	return float64(scramble(uint64(d)+uint64(key))>>11) * 0x1p-53
}

// below is a random number from 0 to n-1.
func (d draw) below(n int) int { return int(d.uniform(0) * float64(n)) }

// scramble is one step of SplitMix64 (Steele, Lea & Flood 2014), used as
// a hash.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
