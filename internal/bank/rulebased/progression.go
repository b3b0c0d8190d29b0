package rulebased

import "slices"

// continuations returns every number with which one of the usual rules of
// number and letter series would go on, ascending and each once. A rule counts
// only if the terms leave it at least one chance to fail.
func continuations(t []int) []int {
	var out []int
	for _, rule := range []func([]int) (int, bool){
		equalSteps, growingSteps, doublingSteps, alternatingSteps, interleaved, equalRatio, sumOfTwo, scaledAndShifted, alternatingScaleAndStep,
	} {
		if next, ok := rule(t); ok {
			out = append(out, next)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// steps are the differences between neighbours.
func steps(t []int) []int {
	var out []int
	for i := 1; i < len(t); i++ {
		out = append(out, t[i]-t[i-1])
	}
	return out
}

func allEqual(t []int) bool {
	return !slices.ContainsFunc(t, func(n int) bool { return n != t[0] })
}

func last(t []int) int { return t[len(t)-1] }

// equalSteps: 3 5 7 9.
func equalSteps(t []int) (int, bool) {
	d := steps(t)
	if len(d) < 2 || !allEqual(d) {
		return 0, false
	}
	return last(t) + d[0], true
}

// growingSteps: 1 2 4 7 11.
func growingSteps(t []int) (int, bool) {
	d := steps(t)
	growth, ok := equalSteps(d)
	if !ok {
		return 0, false
	}
	return last(t) + growth, true
}

// doublingSteps: 5 6 8 12 20, or any other equal ratio between the steps.
func doublingSteps(t []int) (int, bool) {
	d := steps(t)
	next, ok := equalRatio(d)
	if !ok {
		return 0, false
	}
	return last(t) + next, true
}

// alternatingSteps: 1 4 2 5 3 6.
func alternatingSteps(t []int) (int, bool) {
	d := steps(t)
	if len(d) < 4 {
		return 0, false
	}
	for i := 2; i < len(d); i++ {
		if d[i] != d[i-2] {
			return 0, false
		}
	}
	return last(t) + d[len(d)-2], true
}

// interleaved: 1 10 2 20 3 30, two series that take turns, each by equal steps
// or an equal ratio. The series that comes next must be shown three times and
// the other at least three times.
func interleaved(t []int) (int, bool) {
	if len(t) < 6 {
		return 0, false
	}
	var turn [2][]int
	for i, n := range t {
		turn[i%2] = append(turn[i%2], n)
	}
	var next [2]int
	for i, part := range turn {
		n, ok := equalSteps(part)
		if !ok {
			n, ok = equalRatio(part)
		}
		if !ok {
			return 0, false
		}
		next[i] = n
	}
	return next[len(t)%2], true
}

// equalRatio: 3 6 12 24, also downwards.
func equalRatio(t []int) (int, bool) {
	if len(t) < 3 || slices.Contains(t, 0) {
		return 0, false
	}
	for i := 2; i < len(t); i++ {
		if t[i]*t[0] != t[i-1]*t[1] {
			return 0, false
		}
	}
	if last(t)*t[1]%t[0] != 0 {
		return 0, false
	}
	return last(t) * t[1] / t[0], true
}

// sumOfTwo: 1 4 5 9 14.
func sumOfTwo(t []int) (int, bool) {
	if len(t) < 4 {
		return 0, false
	}
	for i := 2; i < len(t); i++ {
		if t[i] != t[i-1]+t[i-2] {
			return 0, false
		}
	}
	return last(t) + t[len(t)-2], true
}

// scaledAndShifted: 2 5 11 23, each the one before times a number plus a number.
func scaledAndShifted(t []int) (int, bool) {
	if len(t) < 4 || t[1] == t[0] || (t[2]-t[1])%(t[1]-t[0]) != 0 {
		return 0, false
	}
	scale := (t[2] - t[1]) / (t[1] - t[0])
	shift := t[1] - scale*t[0]
	for i := 1; i < len(t); i++ {
		if t[i] != scale*t[i-1]+shift {
			return 0, false
		}
	}
	return scale*last(t) + shift, true
}

// alternatingScaleAndStep: 2 6 7 21 22 66, times a number and plus a number by turns.
func alternatingScaleAndStep(t []int) (int, bool) {
	for _, scaleFirst := range []bool{true, false} {
		if next, ok := scaleAndStep(t, scaleFirst); ok {
			return next, true
		}
	}
	return 0, false
}

func scaleAndStep(t []int, scaleFirst bool) (int, bool) {
	if len(t) < 5 {
		return 0, false
	}
	at := 0 // the first term that is scaled
	if !scaleFirst {
		at = 1
	}
	if t[at] == 0 || t[at+1]%t[at] != 0 {
		return 0, false
	}
	scale, step := t[at+1]/t[at], t[2-at]-t[1-at]
	apply := func(i int) int {
		if (i%2 == 0) == scaleFirst {
			return t[i] * scale
		}
		return t[i] + step
	}
	for i := 1; i < len(t); i++ {
		if t[i] != apply(i-1) {
			return 0, false
		}
	}
	return apply(len(t) - 1), true
}
