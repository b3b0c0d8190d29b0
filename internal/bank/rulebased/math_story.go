package rulebased

import (
	"fmt"
	"math/rand/v2"

	"github.com/aiqhq/aiq/internal/vocab"
)

// story makes arithmetic word problems.
func story() Generator {
	return problemGenerator(kind{"math.story", 1, vocab.Math, "word_problem", 1.3}, storyProblems)
}

func storyProblems() []problem {
	return []problem{
		{
			level: vocab.Easy, load: 0.2, label: "$%d",
			wording: "A notebook costs $%d and a pen costs $%d. {A} buys %d notebooks and %d pens. How much does {A} pay?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				a, b, x, y := between(rng, 4, 6), between(rng, 2, 3), between(rng, 2, 5), between(rng, 3, 6)
				return []int{a, b, x, y}, a*x + b*y, []int{a*y + b*x, a*x + b, a + b*y, (a + b) * x}
			},
			fits: func(n []int, x int) bool { return x-n[0]*n[2] == n[1]*n[3] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("%d × $%d + %d × $%d = $%d.", n[2], n[0], n[3], n[1], x)
			},
		},
		{
			level: vocab.Easy, load: 0.3, label: "%d",
			wording: "A train has %d cars with %d seats each, and %d of the seats are taken. How many seats are free?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				cars, seats := between(rng, 4, 8), 10*between(rng, 4, 8)
				free := between(rng, 21, 79)
				return []int{cars, seats, cars*seats - free}, free, []int{free + 10, free - 10, seats - free%10, free + seats}
			},
			fits: func(n []int, x int) bool { return n[2]+x == n[0]*n[1] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("There are %d × %d = %d seats, and %d − %d = %d.", n[0], n[1], n[0]*n[1], n[0]*n[1], n[2], x)
			},
		},
		{
			level: vocab.Easy, load: 0.6, label: "%d minutes",
			wording: "A tank holds %d liters. It already contains %d liters, and a hose adds %d liters a minute. How long does it take to fill the tank?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				rate, minutes := between(rng, 4, 9), between(rng, 6, 15)
				there := rate * between(rng, 2, 5)
				all := there + rate*minutes
				return []int{all, there, rate}, minutes, []int{all / rate, there / rate, minutes + there/rate + 1, minutes + rate}
			},
			fits: func(n []int, x int) bool { return n[1]+n[2]*x == n[0] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("%d − %d = %d liters are missing, and %d ÷ %d = %d.", n[0], n[1], n[0]-n[1], n[0]-n[1], n[2], x)
			},
		},
		{
			level: vocab.Easy, load: 0.7, label: "%d pages",
			wording: "{A} reads %d pages on each of the five weekdays and %d pages on each day of the weekend. How many pages does {A} read in %d weeks?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				day, end, weeks := between(rng, 6, 12), between(rng, 15, 25), between(rng, 2, 3)
				week := 5*day + 2*end
				return []int{day, end, weeks}, weeks * week, []int{weeks * (5*day + end), week, weeks * 7 * day, weeks * (day + end)}
			},
			fits: func(n []int, x int) bool { return x%n[2] == 0 && x/n[2]-2*n[1] == 5*n[0] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("A week has 5 × %d + 2 × %d = %d pages, and %d × %d = %d.", n[0], n[1], x/n[2], n[2], x/n[2], x)
			},
		},
		{
			level: vocab.Medium, load: 0.1, label: "%d",
			wording: "Along one side of a straight path %d meters long, posts stand %d meters apart, with one at each end. How many posts are there?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				gap, gaps := between(rng, 3, 8), between(rng, 8, 20)
				return []int{gap * gaps, gap}, gaps + 1, []int{gaps, gaps - 1, gaps + 2, 2 * gaps}
			},
			fits: func(n []int, x int) bool { return (x-1)*n[1] == n[0] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("%d ÷ %d = %d gaps, and one more post than gaps.", n[0], n[1], x-1)
			},
		},
		{
			level: vocab.Medium, load: 0.4, label: "%d",
			wording: "{A} and {B} have %d marbles together. {A} has %d more than {B}. How many marbles does {A} have?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				b, more := between(rng, 9, 25), 2*between(rng, 3, 7)
				return []int{2*b + more, more}, b + more, []int{b, b + more/2, 2 * b, 2*b + more - b/2}
			},
			fits: func(n []int, x int) bool { return x+(x-n[1]) == n[0] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("%d and %d differ by %d and make %d together.", x, x-n[1], n[1], n[0])
			},
		},
		{
			level: vocab.Medium, load: 0.5, label: "%d",
			wording: "The average of four numbers is %d. Three of them are %d, %d and %d. What is the fourth number?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				a, b, c, x := between(rng, 6, 20), between(rng, 6, 20), between(rng, 6, 20), between(rng, 6, 30)
				if (a+b+c+x)%4 != 0 || a == b || b == c || a == c {
					return nil, 0, nil
				}
				mean := (a + b + c + x) / 4
				return []int{mean, a, b, c}, x, []int{mean, (a + b + c) / 3, x + 4, max(a, b, c) + 1}
			},
			fits: func(n []int, x int) bool { return n[1]+n[2]+n[3]+x == 4*n[0] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("All four add up to 4 × %d = %d; the three make %d, which leaves %d.", n[0], 4*n[0], n[1]+n[2]+n[3], x)
			},
		},
		{
			level: vocab.Medium, load: 0.6, label: "$%d",
			wording: "{A} spends half of the money in a wallet on a meal, then $%d on a bus ticket, and has $%d left. How much was in the wallet at first?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				ticket, left := between(rng, 3, 9), between(rng, 8, 20)
				x := 2 * (ticket + left)
				return []int{ticket, left}, x, []int{2*left + ticket, ticket + left, 2 * left, x + ticket}
			},
			fits: func(n []int, x int) bool { return x%2 == 0 && x/2-n[0] == n[1] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("$%d + $%d = $%d is the other half, so there was $%d.", n[0], n[1], n[0]+n[1], x)
			},
		},
		{
			level: vocab.Hard, load: 0.1, label: "%d",
			wording: "A farmyard holds hens and rabbits. Together they have %d heads and %d legs. How many rabbits are there?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				hens, rabbits := between(rng, 8, 25), between(rng, 8, 25)
				return []int{hens + rabbits, 2*hens + 4*rabbits}, rabbits, []int{hens, rabbits + 2, (2*hens + 4*rabbits) / 4, hens + 1}
			},
			fits: func(n []int, x int) bool { return 4*x+2*(n[0]-x) == n[1] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("%d hens and %d rabbits have %d + %d = %d legs.", n[0]-x, x, 2*(n[0]-x), 4*x, n[1])
			},
		},
		{
			level: vocab.Hard, load: 0.3, label: "%d minutes",
			wording: "Two towns are %d km apart. A bus leaves one of them at %d km/h and, at the same moment, a van leaves the other at %d km/h on the same road. How long does it take until they meet?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				bus, van := 10*between(rng, 3, 6), 10*between(rng, 5, 9)
				minutes := pick(rng, []int{24, 30, 36, 45, 48, 72, 80, 90})
				if (bus+van)*minutes%60 != 0 || bus == van {
					return nil, 0, nil
				}
				d := (bus + van) * minutes / 60
				return []int{d, bus, van}, minutes, []int{60 * d / van, 60 * d / bus, 2 * minutes, minutes + 15}
			},
			fits: func(n []int, x int) bool { return x*(n[1]+n[2]) == 60*n[0] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("They approach at %d + %d = %d km/h, so %d km take %d minutes.", n[1], n[2], n[1]+n[2], n[0], x)
			},
		},
		{
			level: vocab.Hard, load: 0.5, label: "%d years",
			wording: "{A} is %d times as old as {B}. In %d years, {A} will be %d times as old as {B} will be then. How old is {A} now?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				k, m, b := between(rng, 4, 7), between(rng, 2, 3), between(rng, 3, 12)
				// k·b + t = m·(b + t) gives t = (k − m)·b / (m − 1)
				if (k-m)*b%(m-1) != 0 || k*b > 60 {
					return nil, 0, nil
				}
				t := (k - m) * b / (m - 1)
				return []int{k, t, m}, k * b, []int{k*b + t, k * (b + 1), m * (b + t) / 2, k*b - k}
			},
			fits: func(n []int, x int) bool { return x%n[0] == 0 && x+n[1] == n[2]*(x/n[0]+n[1]) },
			why: func(n []int, x int) string {
				return fmt.Sprintf("Now they are %d and %d; in %d years they will be %d and %d, which is %d times as much.", x, x/n[0], n[1], x+n[1], x/n[0]+n[1], n[2])
			},
		},
		{
			level: vocab.Hard, load: 0.6, label: "%d",
			wording: "The two digits of a number add up to %d. If they change places, the number grows by %d. What is the number?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				tens, ones := between(rng, 1, 4), between(rng, 4, 9)
				if ones <= tens+1 {
					return nil, 0, nil
				}
				return []int{tens + ones, 9 * (ones - tens)}, 10*tens + ones,
					[]int{10*ones + tens, 10*tens + ones + 9, 10*tens + ones - 9, 10*(tens+1) + ones}
			},
			fits: func(n []int, x int) bool {
				return x >= 10 && x <= 99 && x/10+x%10 == n[0] && 10*(x%10)+x/10-x == n[1]
			},
			why: func(n []int, x int) string {
				return fmt.Sprintf("%d + %d = %d, and %d − %d = %d.", x/10, x%10, n[0], 10*(x%10)+x/10, x, n[1])
			},
		},
		{
			level: vocab.Hard, load: 0.75, label: "%d hours",
			wording: "One pump fills a pool in %d hours, and another fills it in %d hours. How long do both take together?",
			draw: func(rng *rand.Rand) ([]int, int, []int) {
				p := pick(rng, [][2]int{{3, 6}, {4, 12}, {6, 12}, {10, 15}, {5, 20}, {8, 24}, {9, 18}, {12, 24}, {6, 30}, {12, 20}})
				a, b := p[0], p[1]
				x := a * b / (a + b)
				if a*b%(a+b) != 0 {
					return nil, 0, nil
				}
				return []int{a, b}, x, []int{(a + b) / 2, b - a, (a + b) / 3, x + 2}
			},
			fits: func(n []int, x int) bool { return x*n[1]+x*n[0] == n[0]*n[1] },
			why: func(n []int, x int) string {
				return fmt.Sprintf("In one hour they fill 1/%d + 1/%d = 1/%d of the pool.", n[0], n[1], x)
			},
		},
	}
}
