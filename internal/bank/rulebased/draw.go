package rulebased

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

// pick returns one of the list.
func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// sample returns n different entries of the list in random order, all of them
// if it has no more.
func sample[T any](rng *rand.Rand, list []T, n int) []T {
	out := append([]T(nil), list...)
	shuffle(rng, out)
	return out[:min(n, len(out))]
}

// between returns a whole number from low to high, both included.
func between(rng *rand.Rand, low, high int) int { return low + rng.IntN(high-low+1) }

func shuffle[T any](rng *rand.Rand, list []T) {
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// numbers returns the whole numbers in a text in order; a sign belongs to its
// number if no digit or letter stands before it.
func numbers(text string) []int {
	var out []int
	for _, m := range signedNumber.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			continue // more digits than an int holds
		}
		out = append(out, n)
	}
	return out
}

var signedNumber = regexp.MustCompile(`(?:^|[^\w.-])(-?\d+)\b`)

// numberLabels words numbers as options.
func numberLabels(ns ...int) []string {
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = strconv.Itoa(n)
	}
	return out
}

// share maps the place of n between low and high to 0..1.
func share(n, low, high int) float64 {
	if high == low {
		return 0.5
	}
	return float64(n-low) / float64(high-low)
}

// enumerate words items as "a, b and c".
func enumerate(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// ordinal words a place counted from 1.
func ordinal(place int) string {
	words := []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"}
	if place >= 1 && place <= len(words) {
		return words[place-1]
	}
	return fmt.Sprintf("%dth", place)
}

// place reads what ordinal wrote; 0 if it is no such word.
func place(word string) int {
	for n := 1; n <= 9; n++ {
		if ordinal(n) == word {
			return n
		}
	}
	return 0
}

// permutations calls visit with every order of 0..n-1. The slice is reused.
func permutations(n int, visit func(order []int)) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	var walk func(k int)
	walk = func(k int) {
		if k == n {
			visit(order)
			return
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			walk(k + 1)
			order[k], order[i] = order[i], order[k]
		}
	}
	walk(0)
}

// counted words a number of things, such as "1 cell" or "2 cells".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func abs(n int) int { return max(n, -n) }

// sign is -1, 0 or 1.
func sign(n int) int { return max(-1, min(1, n)) }

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func lcm(a, b int) int { return a / gcd(a, b) * b }
