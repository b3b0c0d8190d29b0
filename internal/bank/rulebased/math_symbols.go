package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"

	"github.com/aiqhq/aiq/internal/vocab"
)

// symbols makes sums in which shapes stand for numbers.
func symbols() Generator {
	return generator{
		kind:  kind{"math.symbols", 1, vocab.Math, "equations", 1.5},
		draw:  drawSymbols,
		solve: solveSymbols,
	}
}

const symbolsQuestion = "Each shape stands for one whole number. Which number belongs in place of the question mark?\n\n"

// greatestSymbol is the largest number that a shape may stand for.
const greatestSymbol = 20

func drawSymbols(rng *rand.Rand, level vocab.Difficulty) draft {
	a, b, c := between(rng, 2, 12), between(rng, 2, 12), between(rng, 2, 12)
	if a == b || b == c || a == c {
		return draft{}
	}
	var lines []string
	var asked string
	var answer int
	var slips []int
	var load float64
	line := func(format string, total int) { lines = append(lines, fmt.Sprintf(format+" = %d", total)) }
	names := map[string]int{"●": a, "▲": b}
	switch level {
	case vocab.Easy:
		line("● + ●", 2*a)
		switch rng.IntN(3) {
		case 0:
			line("● + ▲", a+b)
			asked, answer, load = "▲ + ▲", 2*b, 0.2
		case 1:
			line("▲ − ●", b-a)
			asked, answer, load = "● + ▲", a+b, 0.5
			if b < a {
				return draft{}
			}
		default:
			line("● × ▲", a*b)
			asked, answer, load = "▲ + ▲", 2*b, 0.8
		}
		slips = []int{b, a + b, 2 * a, 2*a + b, a + 2*b, 2*b + a}
	case vocab.Medium:
		names["■"] = c
		line("● + ● + ●", 3*a)
		line("● + ▲ + ▲", a+2*b)
		line("■ − ▲", c-b)
		if c < b {
			return draft{}
		}
		asked, answer, load = "● + ▲ + ■", a+b+c, 0.3
		switch rng.IntN(3) {
		case 0:
			asked, answer, load = "● + ▲ × ■", a+b*c, 0.9
		case 1:
			asked, answer, load = "■ × ▲", b*c, 0.6
		}
		slips = []int{(a + b) * c, a + b + c, a + 2*b + c, a*b + c, c, b + c}
	default:
		names["■"] = c
		line("● + ▲", a+b)
		line("▲ + ■", b+c)
		line("● + ■", a+c)
		asked, answer, load = "● × ■", a*c, 0.4
		switch rng.IntN(3) {
		case 0:
			asked, answer, load = "● + ▲ + ■", a+b+c, 0.1
		case 1:
			asked, answer, load = "● + ▲ × ■", a+b*c, 0.9
		}
		slips = []int{(a + b) * c, 2 * (a + b + c), a * b, b * c, a + b + c + 2, a*c + 2}
	}
	values := []string{}
	for _, shape := range []string{"●", "▲", "■"} {
		if n, used := names[shape]; used {
			values = append(values, fmt.Sprintf("%s = %d", shape, n))
		}
	}
	var mistakes []int
	for _, s := range append(slips, answer+1, answer-1, answer+3) {
		if s > 0 {
			mistakes = append(mistakes, s)
		}
	}
	return draft{
		text:        symbolsQuestion + strings.Join(append(lines, asked+" = ?"), "\n"),
		answer:      strconv.Itoa(answer),
		mistakes:    numberLabels(mistakes...)[:5],
		explanation: fmt.Sprintf("%s, so %s = %d.", enumerate(values), asked, answer),
		theme:       asked + " of " + totals.ReplaceAllString(strings.Join(lines, ", "), ""),
		load:        load,
	}
}

var (
	equation = regexp.MustCompile(`^(.+) = (\d+|\?)$`)
	totals   = regexp.MustCompile(` = \d+`)
	shapes   = regexp.MustCompile(`[●▲■]`)
)

// solveSymbols tries every number for every shape. The question mark must come
// out the same in all cases that fit.
func solveSymbols(v View) (verdict, error) {
	text, ok := strings.CutPrefix(v.Text, symbolsQuestion)
	if !ok {
		return nil, errors.New("no sums with shapes")
	}
	type sum struct {
		terms []string
		total string
	}
	var sums []sum
	for _, line := range strings.Split(text, "\n") {
		m := equation.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%q is not an equation", line)
		}
		sums = append(sums, sum{strings.Fields(m[1]), m[2]})
	}
	found := map[int]bool{}
	used := map[string]bool{}
	for _, s := range shapes.FindAllString(text, -1) {
		used[s] = true
	}
	most := greatestSymbol
	if !used["■"] {
		most = 0
	}
	for a := range greatestSymbol + 1 {
		for b := range greatestSymbol + 1 {
			for c := range most + 1 {
				value := map[string]int{"●": a, "▲": b, "■": c}
				result := 0
				fits := true
				for _, s := range sums {
					got := evaluate(s.terms, value)
					if s.total == "?" {
						result = got
					} else if strconv.Itoa(got) != s.total {
						fits = false
						break
					}
				}
				if fits {
					found[result] = true
				}
			}
		}
	}
	return func(label string) bool {
		n, err := strconv.Atoi(label)
		return err == nil && len(found) == 1 && found[n]
	}, nil
}

// evaluate works out terms with × before + and −.
func evaluate(terms []string, value map[string]int) int {
	total, product, sign := 0, value[terms[0]], 1
	for i := 1; i+1 < len(terms); i += 2 {
		next := value[terms[i+1]]
		switch terms[i] {
		case "×":
			product *= next
		case "+":
			total, product, sign = total+sign*product, next, 1
		case "−":
			total, product, sign = total+sign*product, next, -1
		}
	}
	return total + sign*product
}
