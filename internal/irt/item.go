package irt

import (
	"fmt"
	"math"
)

// Limits that [Item.Validate] enforces. They lie far outside anything a
// calibration should yield and keep every product below finite.
const (
	MaxDiscrimination = 1e3
	MaxDifficulty     = 1e6
)

// Item holds the parameters of one right/wrong item under the four-parameter
// logistic model (Barton & Lord 1981), of which the smaller models are special
// cases:
//
//	P(theta) = C + (D-C) / (1 + exp(-A (theta-B)))
//
// The zero value of D reads as 1, so that Item{A: 1.2, B: 0.3} is the 2PL item
// it looks like and Item{A: 1.2, B: 0.3, C: 0.2} a 3PL item. Methods assume a
// valid item; see [Item.Validate].
type Item struct {
	// A is the discrimination, the slope at B in logits per unit of theta
	// (times D-C); above 0.
	A float64
	// B is the difficulty, on the scale of theta.
	B float64
	// C is the lower asymptote ("guessing"), in [0, 1).
	C float64
	// D is the upper asymptote ("slipping" is 1-D), in (C, 1]; 0 means 1.
	D float64
}

// OnePL returns the Rasch item with difficulty b and discrimination 1.
func OnePL(b float64) Item { return Item{A: 1, B: b, D: 1} }

// TwoPL returns the two-parameter item (Birnbaum 1968).
func TwoPL(a, b float64) Item { return Item{A: a, B: b, D: 1} }

// ThreePL returns the three-parameter item with lower asymptote c (Birnbaum 1968).
func ThreePL(a, b, c float64) Item { return Item{A: a, B: b, C: c, D: 1} }

// FourPL returns the four-parameter item with asymptotes c and d (Barton & Lord 1981).
func FourPL(a, b, c, d float64) Item { return Item{A: a, B: b, C: c, D: d} }

// Validate reports parameters outside 0 < A <= [MaxDiscrimination],
// |B| <= [MaxDifficulty], 0 <= C < D <= 1, and NaN, as an error that wraps
// [ErrItem].
func (it Item) Validate() error {
	d := it.upper()
	switch {
	case !(it.A > 0 && it.A <= MaxDiscrimination):
		return fmt.Errorf("%w: discrimination %v", ErrItem, it.A)
	case !(math.Abs(it.B) <= MaxDifficulty):
		return fmt.Errorf("%w: difficulty %v", ErrItem, it.B)
	case !(it.C >= 0 && it.C < d && d <= 1):
		return fmt.Errorf("%w: asymptotes %v and %v", ErrItem, it.C, d)
	}
	return nil
}

// P returns the probability of a right answer at theta.
func (it Item) P(theta float64) float64 {
	return it.at(theta).p
}

// Slopes returns the probability of a right answer at theta with its first and
// second derivatives in theta.
func (it Item) Slopes(theta float64) (p, first, second float64) {
	x := it.at(theta)
	first = it.A * x.span * x.up * x.down
	return x.p, first, it.A * first * (x.down - x.up)
}

// Information returns the Fisher information about theta of one answer,
// P'^2 / (P Q) (Lord 1980, eq. 5-9); for the 2PL this is a^2 P Q.
func (it Item) Information(theta float64) float64 {
	return it.at(theta).information(it.A)
}

// MaxInformation returns the ability at which the item informs most, and that
// information (Birnbaum 1968 for the 3PL; for the 4PL the root of the derivative,
// Magis 2013).
func (it Item) MaxInformation() (theta, information float64) {
	theta = it.B + math.Log(peak(it.C, it.upper()))/it.A
	return theta, it.Information(theta)
}

// LogLikelihood returns ln P for a right and ln (1-P) for a wrong answer.
func (it Item) LogLikelihood(theta float64, correct bool) float64 {
	return it.at(theta).logLikelihood(correct)
}

// Derivatives returns the first and second derivatives in theta of
// [Item.LogLikelihood].
func (it Item) Derivatives(theta float64, correct bool) (first, second float64) {
	return it.at(theta).derivatives(it.A, correct)
}

// upper is the upper asymptote with the zero value read.
func (it Item) upper() float64 {
	if it.D == 0 {
		return 1
	}
	return it.D
}

// curve is an item seen at one theta. The ratios upP and downQ stay exact where
// P or Q underflow, so that no quotient below is ever 0/0.
type curve struct {
	z          float64 // a (theta-b)
	up, down   float64 // 1/(1+e^-z) and 1/(1+e^z)
	c, d, span float64 // asymptotes and their difference
	p, q       float64
	upP, downQ float64 // up/P and down/Q
}

func (it Item) at(theta float64) curve {
	x := curve{z: it.A * (theta - it.B), c: it.C, d: it.upper()}
	e := math.Exp(-math.Abs(x.z))
	x.up, x.down = 1/(1+e), e/(1+e)
	if x.z < 0 {
		x.up, x.down = x.down, x.up
	}
	x.span = x.d - x.c
	x.p = x.c + x.span*x.up
	x.q = (1 - x.d) + x.span*x.down
	if x.c == 0 {
		x.upP = 1 / x.d
	} else {
		x.upP = x.up / x.p
	}
	if x.d == 1 {
		x.downQ = 1 / (1 - x.c)
	} else {
		x.downQ = x.down / x.q
	}
	return x
}

func (x curve) information(a float64) float64 {
	s := a * x.span
	return s * s * x.up * x.down * x.upP * x.downQ
}

// bias is J = P' P” / (P Q), the numerator of Warm's correction.
func (x curve) bias(a float64) float64 {
	return a * x.information(a) * (x.down - x.up)
}

func (x curve) logLikelihood(correct bool) float64 {
	if correct {
		if x.c == 0 {
			return math.Log(x.d) - softplus(-x.z)
		}
		return logOf(x.p, x.q)
	}
	if x.d == 1 {
		return math.Log1p(-x.c) - softplus(x.z)
	}
	return logOf(x.q, x.p)
}

// derivatives of ln P or ln Q, arranged so that terms which cancel exactly
// (all of them in the 2PL) never appear.
func (x curve) derivatives(a float64, correct bool) (first, second float64) {
	s, steep := a*x.span, x.down-x.up
	if correct {
		first = s * x.down * x.upP
		second = -s * x.up * x.upP
		if x.c > 0 {
			second += a * x.c / x.p * steep
		}
		return first, first * second
	}
	first = -s * x.up * x.downQ
	second = s * x.down * x.downQ
	if x.d < 1 {
		second += a * (1 - x.d) / x.q * steep
	}
	return first, first * second
}

// logOf is ln p, given also q = 1-p, exact at both ends.
func logOf(p, q float64) float64 {
	if p > 0.5 {
		return math.Log1p(-q)
	}
	return math.Log(p)
}

// softplus is ln(1 + e^x) without overflow.
func softplus(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// peak is e^(a (theta-b)) where s^2 (1-s)^2 / (P Q) is largest, s being the
// height of the logistic curve and P = c + (d-c) s.
func peak(c, d float64) float64 {
	if d == 1 {
		return (1 + math.Sqrt(1+8*c)) / 2
	}
	// The derivative of the logarithm, 2 (1-2s)/(s (1-s)) - (d-c) (1-2P)/(P Q),
	// changes sign once.
	lo, hi := 1e-12, 1-1e-12
	for range 80 {
		s := (lo + hi) / 2
		p := c + (d-c)*s
		if 2*(1-2*s)*p*(1-p) > (d-c)*(1-2*p)*s*(1-s) {
			lo = s
		} else {
			hi = s
		}
	}
	return lo / (1 - lo)
}
