package torture

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// hash is FNV-1a of the key and the name of what it is for.
func hash(key uint32, name string) uint32 {
	h := uint32(2166136261)
	for _, c := range []byte(strconv.FormatUint(uint64(key), 10) + "/" + name) {
		h = (h ^ uint32(c)) * 16777619
	}
	// FNV's low bits are weak for names that differ in their last byte.
	h ^= h >> 15
	h *= 2246822519
	return h ^ h>>13
}

func chance(key uint32, name string, oneIn uint32) bool { return hash(key, name)%oneIn == 0 }

func isNull(key uint32, name string) bool { return chance(key, "null:"+name, 12) }

var errInjected = errors.New("injected")

// resolved is what a resolver does: an error, a panic, a null, or the value that f makes.
func resolved[V any](key uint32, name string, f func(key uint32, name string) V) (*V, error) {
	switch {
	case chance(key, "error:"+name, 24):
		return nil, errInjected
	case chance(key, "panic:"+name, 48):
		panic("injected")
	case isNull(key, name):
		return nil, nil
	}
	v := f(key, name)
	return &v, nil
}

func mustText(key uint32, name string) string {
	h := hash(key, name)
	if h%7 == 0 {
		return "\"quoted\"\\\n\t\u0001é\u2028<" + strconv.Itoa(int(h%1000))
	}
	return "s" + strconv.Itoa(int(h%1000))
}

func number(key uint32, name string) int {
	h := hash(key, name)
	if h%61 == 0 && odd(key) {
		return math.MaxInt32 + 1 + int(h%100)
	}
	return int(h%1000) - 500
}

func float(key uint32, name string) float64 {
	h := hash(key, name)
	switch {
	case h%61 == 0 && odd(key):
		return math.NaN()
	case h%61 == 1 && odd(key):
		return math.Inf(1)
	}
	return float64(h%1000)/8 - 20
}

func boolean(key uint32, name string) bool { return hash(key, name)%2 == 0 }

func instant(key uint32, name string) time.Time {
	return time.Unix(int64(hash(key, name)), 0).UTC()
}

func color(key uint32, name string) Color {
	h := hash(key, name)
	if h%31 == 0 && odd(key) {
		return "PURPLE"
	}
	return []Color{"RED", "GREEN", "BLUE"}[h%3]
}

func size(key uint32, name string) Size { return Size(hash(key, name) % 2) }

func mood(key uint32, name string) Mood { return []Mood{"CALM", "WILD"}[hash(key, name)%2] }

func even(key uint32, name string) int {
	h := hash(key, name)
	if h%13 == 0 && odd(key) {
		return 7
	}
	return int(h%500) * 2
}

func moody(key uint32, name string) string {
	switch h := hash(key, name); h % 17 {
	case 0:
		return "panic"
	case 1:
		return "null"
	default:
		return "m" + strconv.Itoa(int(h%100))
	}
}

// maybe is the value of a struct field that may be null.
func maybe[V any](key uint32, name string, f func(key uint32, name string) V) *V {
	if isNull(key, name) {
		return nil
	}
	v := f(key, name)
	return &v
}

func text(key uint32, name string) *string { return maybe(key, name, mustText) }

// list is a list of up to three values, made by f from the name with the index.
func list[V any](f func(key uint32, name string) V) func(key uint32, name string) []V {
	return func(key uint32, name string) []V {
		out := make([]V, hash(key, "length:"+name)%4)
		for i := range out {
			out[i] = f(key, name+"."+strconv.Itoa(i))
		}
		return out
	}
}

// orNil is f, with a null list where the hash says so.
func orNil[V any](f func(key uint32, name string) []V) func(key uint32, name string) []V {
	return func(key uint32, name string) []V {
		if isNull(key, name) {
			return nil
		}
		return f(key, name)
	}
}

// element is f with nulls.
func element[V any](f func(key uint32, name string) *V) func(key uint32, name string) *V {
	return func(key uint32, name string) *V {
		if isNull(key, name) {
			return nil
		}
		return f(key, name)
	}
}

// child is the key of an object below another. Whether keys are odd runs in families: only in odd ones do values turn up
// for which gqlgen departs from the specification.
func child(key uint32, name string) uint32 { return hash(key, "child:"+name)&^1 | key&1 }

func odd(key uint32) bool { return key&1 == 1 }

func makeHeld(key uint32, name string) *Held {
	k := child(key, name)
	h := &Held{
		Key: k, PString: text(k, "pString"), PStringN: mustText(k, "pStringN"), PIntN: number(k, "pIntN"),
		PColor: maybe(k, "pColor", color),
	}
	if hash(k, "inner")%3 == 0 {
		h.PInner = makeHeld(k, "pInner")
	}
	return h
}

func helds(key uint32, name string) []*Held { return orNil(list(element(makeHeld)))(key, name) }

func makeA(key uint32, name string) *A { return NewA(child(key, name)) }

// NewA makes the A of a key.
func NewA(k uint32) *A {
	a := &A{
		Base: Base{k, "A" + strconv.Itoa(int(k))},
		Name: text(k, "name"), PString: text(k, "pString"), PStringN: mustText(k, "pStringN"),
		PInt: maybe(k, "pInt", number), PIntN: number(k, "pIntN"),
		PFloat: maybe(k, "pFloat", float), PFloatN: float(k, "pFloatN"),
		PBool: maybe(k, "pBool", boolean), PBoolN: boolean(k, "pBoolN"),
		PTime: maybe(k, "pTime", instant), PTimeN: instant(k, "pTimeN"), PLongN: int64(hash(k, "pLongN")) << 20,
		PColor: maybe(k, "pColor", color), PColorN: color(k, "pColorN"),
		PSize: maybe(k, "pSize", size), PSizeN: size(k, "pSizeN"),
		PEven: maybe(k, "pEven", even), PEvenN: even(k, "pEvenN"),
		PMoody: maybe(k, "pMoody", moody), PMoodyN: moody(k, "pMoodyN"),
		PCode: maybe(k, "pCode", hash), PCodeN: hash(k, "pCodeN"), PForbidden: text(k, "pForbidden"),
		PMood: maybe(k, "pMood", mood), PMoodN: mood(k, "pMoodN"), PMoods: orNil(list(mood))(k, "pMoods"),
		PSizes:  orNil(list(size))(k, "pSizes"),
		PSerial: maybe(k, "pSerial", number), PSerialN: number(k, "pSerialN"),
		PStrings:   orNil(list(text))(k, "pStrings"),
		PStringsN:  orNil(list(mustText))(k, "pStringsN"),
		PStringsNn: list(mustText)(k, "pStringsNN"),
		PInts:      list(list(number))(k, "pInts"),
		PIntsN:     orNil(list(orNil(list(func(k uint32, n string) *int { return maybe(k, n, number) }))))(k, "pIntsN"),
		PColors:    orNil(list(color))(k, "pColors"),
		PHeld:      maybeHeld(k, "pHeld"), PHeldN: maybeHeld(k, "pHeldN"),
		PHelds: helds(k, "pHelds"), PHeldsN: list(element(makeHeld))(k, "pHeldsN"),
		PHeldValues: list(func(k uint32, n string) Held { return *makeHeld(k, n) })(k, "pHeldValues"),
		PShouted:    text(k, "pShouted"), PGuarded: mustText(k, "pGuarded"), PHidden: maybe(k, "pHidden", number),
	}
	if !isNull(k, "pAny") {
		a.PAny = mustText(k, "pAny")
	}
	if !isNull(k, "pDeep") {
		a.Deep = &Deep{text(k, "pDeep'")}
	}
	if !isNull(k, "pMap") {
		a.PMap = map[string]any{"title": text(k, "title"), "size": maybe(k, "size", number), "inner": maybeHeld(k, "inner")}
	}
	return a
}

func maybeHeld(key uint32, name string) *Held { return element(makeHeld)(key, name) }

func makeB(key uint32, name string) *B {
	k := child(key, name)
	return &B{Base{k, "B" + strconv.Itoa(int(k))}, text(k, "name"), mustText(k, "pStringN")}
}

func makeC(key uint32, name string) C {
	k := child(key, name)
	return C{Base{k, "C" + strconv.Itoa(int(k))}, text(k, "name"), number(k, "pIntN")}
}

func makeSecret(key uint32, name string) *Secret {
	k := child(key, name)
	return &Secret{Base{k, "S" + strconv.Itoa(int(k))}, mustText(k, "pStringN")}
}

// concrete chooses one of the types of an interface or union; null where the hash says so.
func concrete[I any](makers ...func(key uint32, name string) I) func(key uint32, name string) I {
	return func(key uint32, name string) (none I) {
		if isNull(key, name) {
			return none
		}
		return makers[hash(key, "type:"+name)%uint32(len(makers))](key, name)
	}
}

func makeNode(key uint32, name string) Node {
	return concrete(
		func(k uint32, n string) Node { return makeA(k, n) },
		func(k uint32, n string) Node { return makeB(k, n) },
		func(k uint32, n string) Node { return makeC(k, n) })(key, name)
}

func makeNamed(key uint32, name string) Named {
	return concrete(
		func(k uint32, n string) Named { return makeA(k, n) },
		func(k uint32, n string) Named { return makeB(k, n) })(key, name)
}

func makeLoud(key uint32, name string) Loud {
	return concrete(
		func(k uint32, n string) Loud { return makeA(k, n) },
		func(k uint32, n string) Loud { return makeC(k, n) })(key, name)
}

func makeAnything(key uint32, name string) Anything {
	return concrete(
		func(k uint32, n string) Anything { return makeA(k, n) },
		func(k uint32, n string) Anything { return makeB(k, n) },
		func(k uint32, n string) Anything { return makeC(k, n) })(key, name)
}
