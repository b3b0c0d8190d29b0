package rulebased

import (
	"fmt"
	"math/rand/v2"

	"github.com/aiqhq/aiq/internal/vocab"
)

// proportion makes problems about rates, ratios and percentages.
func proportion() Generator {
	return problemGenerator(kind{"math.proportion", 1, vocab.Math, "proportion", 1.2}, proportionProblems)
}

func proportionProblems() []problem {
	return []problem{
		{
			level: vocab.Easy, load: 0.1, label: "$%d",
			wording: "If %d tickets cost $%d, how much do %d tickets cost?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				few, price, many := between(rng, 2, 4), between(rng, 4, 9), between(rng, 5, 9)
				return []int{few, few * price, many}, many * price, []int{few*price + many - few, many * few, (many - 1) * price, many*price + few}
			},
			fits: func(n []int, x int) bool { return x*n[0] == n[1]*n[2] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("One ticket costs $%d, so %d cost $%d.", n[1]/n[0], n[2], x)
			},
		},
		{
			level: vocab.Easy, load: 0.4, label: "%d grams",
			wording: "A recipe for %d people needs %d grams of flour. How much flour is needed for %d people?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				people, each, guests := between(rng, 3, 6), 10*between(rng, 5, 9), between(rng, 7, 12)
				return []int{people, people * each, guests}, guests * each, []int{people*each + 100, 2 * people * each, (guests + 1) * each, (guests - people) * each}
			},
			fits: func(n []int, x int) bool { return x*n[0] == n[1]*n[2] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("Each person needs %d grams, and %d × %d = %d.", n[1]/n[0], n[2], n[1]/n[0], x)
			},
		},
		{
			level: vocab.Easy, load: 0.5, label: "%d",
			wording: "What is %d%% of %d?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				percent, whole := pick(rng, []int{15, 20, 30, 35, 40, 60, 70}), 20*between(rng, 3, 12)
				x := percent * whole / 100
				return []int{percent, whole}, x, []int{whole - x, x - whole/20, x + whole/10, x + whole/20}
			},
			fits: func(n []int, x int) bool { return 100*x == n[0]*n[1] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("%d × %d ÷ 100 = %d.", n[0], n[1], x)
			},
		},
		{
			level: vocab.Medium, load: 0.1, label: "$%d",
			wording: "{A} and {B} share $%d in the ratio %d to %d. How much does {A} get?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				a, b, part := between(rng, 2, 5), between(rng, 3, 7), between(rng, 6, 12)
				if gcd(a, b) > 1 {
					return nil, 0, nil // not in lowest terms
				}
				return []int{(a + b) * part, a, b}, a * part, []int{b * part, (a + b) * part / 2, (a + b) * part / a, (a + 1) * part}
			},
			fits: func(n []int, x int) bool { return x*n[2] == (n[0]-x)*n[1] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("$%d ÷ (%d + %d) = $%d is one part, and %d parts are $%d.", n[0], n[1], n[2], n[0]/(n[1]+n[2]), n[1], x)
			},
		},
		{
			level: vocab.Medium, load: 0.3, label: "%d km",
			wording: "A cyclist rides %d km in %d minutes. How far does the cyclist get in %d minutes at the same speed?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				first, second := pick(rng, []int{20, 40, 45, 50}), pick(rng, []int{60, 75, 80, 90, 100, 120})
				km := between(rng, 6, 18)
				if km*second%first != 0 || second%first == 0 {
					return nil, 0, nil
				}
				x := km * second / first
				return []int{km, first, second}, x, []int{2 * km, km + (second-first)/5, x + 3, x - 3}
			},
			fits: func(n []int, x int) bool { return x*n[1] == n[0]*n[2] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("%d × %d ÷ %d = %d.", n[0], n[2], n[1], x)
			},
		},
		{
			level: vocab.Medium, load: 0.5, label: "%d days",
			wording: "A team of %d workers needs %d days for a job. How long does a team of %d need at the same pace?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				a, days, b := between(rng, 3, 10), between(rng, 6, 15), between(rng, 4, 12)
				if a == b || a*days%b != 0 {
					return nil, 0, nil
				}
				x := a * days / b
				return []int{a, days, b}, x, []int{days * b / a, max(1, days+a-b), days + b - a, x + 3}
			},
			fits: func(n []int, x int) bool { return x*n[2] == n[0]*n[1] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("The job takes %d × %d = %d days of one worker, and %d ÷ %d = %d.", n[0], n[1], n[0]*n[1], n[0]*n[1], n[2], x)
			},
		},
		{
			level: vocab.Medium, load: 0.7, label: "$%d",
			wording: "After a discount of %d%%, a bag costs $%d. What did it cost before?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				percent, x := pick(rng, []int{10, 20, 25, 30, 40}), 20*between(rng, 2, 8)
				now := x * (100 - percent) / 100
				return []int{percent, now}, x, []int{now * (100 + percent) / 100, now + percent, x + 10, now * (100 - percent) / 100}
			},
			fits: func(n []int, x int) bool { return x*(100-n[0]) == 100*n[1] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("$%d is %d%% of the old price, and %d × 100 ÷ %d = %d.", n[1], 100-n[0], n[1], 100-n[0], x)
			},
		},
		{
			level: vocab.Hard, load: 0.1, label: "%d parts",
			wording: "If %d machines make %d parts in %d hours, how many parts do %d machines make in %d hours?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				m, h, rate, m2, h2 := between(rng, 2, 5), between(rng, 2, 5), between(rng, 3, 8), between(rng, 3, 8), between(rng, 2, 7)
				if m == m2 || h == h2 || m*h == m2*h2 {
					return nil, 0, nil
				}
				parts := m * h * rate
				return []int{m, parts, h, m2, h2}, m2 * h2 * rate, []int{parts * m2 / m, parts * h2 / h, parts * m2 * h / (m * h2), m2 * h2 * (rate + 1)}
			},
			fits: func(n []int, x int) bool { return x*n[0]*n[2] == n[1]*n[3]*n[4] },
			why: func(n []int, x int) string {
				rate := n[1] / (n[0] * n[2])
				return fmt.Sprintf("One machine makes %d parts an hour, and %d × %d × %d = %d.", rate, n[3], n[4], rate, x)
			},
		},
		{
			level: vocab.Hard, load: 0.4, label: "%d",
			wording: "In a box, red and blue beads are in the ratio %d to %d, and blue and green beads are in the ratio %d to %d. There are %d red beads. How many green beads are there?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				a, b, c, d := between(rng, 2, 5), between(rng, 2, 5), between(rng, 2, 5), between(rng, 2, 5)
				unit := between(rng, 1, 4)
				if coprime := gcd(a, b) == 1 && gcd(c, d) == 1; !coprime || a == b || c == d || a*c == b*d {
					return nil, 0, nil
				}
				red, blue, green := unit*a*c, unit*b*c, unit*b*d
				return []int{a, b, c, d, red}, green, []int{blue, red * d / a, red * a * c / (b * d), green + b}
			},
			fits: func(n []int, x int) bool {
				// blue is n[4]·n[1]/n[0] and also x·n[2]/n[3]
				return n[4]*n[1]%n[0] == 0 && n[4]*n[1]/n[0]*n[3] == x*n[2]
			},
			why: func(n []int, x int) string {
				blue := n[4] * n[1] / n[0]
				return fmt.Sprintf("%d red beads go with %d blue ones, and %d blue ones with %d green ones.", n[4], blue, blue, x)
			},
		},
		{
			level: vocab.Hard, load: 0.55, label: "$%d",
			wording: "A price is raised by %d%% and later cut by %d%%. It is then $%d. What was the price at first?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				up, down, x := 10*between(rng, 1, 5), 10*between(rng, 1, 5), 50*between(rng, 1, 8)
				if x*(100+up)*(100-down)%10000 != 0 {
					return nil, 0, nil
				}
				now := x * (100 + up) * (100 - down) / 10000
				if now == x {
					return nil, 0, nil
				}
				return []int{up, down, now}, x, []int{now, now * (100 + down - up) / 100, now * 100 / (100 + up - down), x + 20}
			},
			fits: func(n []int, x int) bool { return x*(100+n[0])*(100-n[1]) == 10000*n[2] },
			why: func(n []int, x int) string {
				mid := float64(x*(100+n[0])) / 100
				return fmt.Sprintf("$%d plus %d%% is $%g, and %d%% of that is $%d.", x, n[0], mid, 100-n[1], n[2])
			},
		},
		{
			level: vocab.Hard, load: 0.7, label: "%d liters",
			wording: "A drink of %d liters contains %d%% fruit juice. How much water must be added to lower the share of juice to %d%%?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				liters, from, to := between(rng, 4, 20), 5*between(rng, 6, 16), 5*between(rng, 2, 10)
				if to >= from || liters*from%to != 0 {
					return nil, 0, nil
				}
				all := liters * from / to
				return []int{liters, from, to}, all - liters, []int{all, liters * (from - to) / 100, liters * (from - to) / from, all - liters + 2}
			},
			fits: func(n []int, x int) bool { return n[0]*n[1] == (n[0]+x)*n[2] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("The juice, %d%% of %d liters, is %d%% of %d liters, which is %d more.", n[1], n[0], n[2], n[0]+x, x)
			},
		},
	}
}
