// Package torture is a schema with one field of every kind, for tests of the breadth-first executor. Its answers, nulls,
// errors and panics follow from a hash of where they are, so that any executor of any language can reproduce them.
package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

//go:generate go run ./generate

// Base is embedded in the types below; its fields are promoted.
type Base struct {
	Key uint32
	ID  string
}

// A has a struct field for every field of its type whose name starts with p.
type A struct {
	Base
	*Deep
	Name        *string
	PString     *string
	PStringN    string
	PInt        *int
	PIntN       int
	PFloat      *float64
	PFloatN     float64
	PBool       *bool
	PBoolN      bool
	PTime       *time.Time
	PTimeN      time.Time
	PLongN      int64
	PColor      *Color
	PColorN     Color
	PSize       *Size
	PSizeN      Size
	PEven       *int
	PEvenN      int
	PMoody      *string
	PMoodyN     string
	PCode       *uint32
	PCodeN      uint32
	PAny        any
	PMood       *Mood
	PMoodN      Mood
	PMoods      []Mood
	PSizes      []Size
	PSerial     *int
	PSerialN    int
	PForbidden  *string
	PStrings    []*string
	PStringsN   []string
	PStringsNn  []string
	PInts       [][]int
	PIntsN      [][]*int
	PColors     []Color
	PHeld       *Held
	PHeldN      *Held
	PHelds      []*Held
	PHeldsN     []*Held
	PHeldValues []Held
	PMap        map[string]any
	PShouted    *string
	PGuarded    string
	PHidden     *int
}

// Deep is embedded by pointer: its field is out of reach where the pointer is nil.
type Deep struct{ PDeep *string }

// B and C share interfaces with A.
type B struct {
	Base
	Name     *string
	PStringN string
}

// C is bound by value in the Go types of interfaces.
type C struct {
	Base
	Name  *string
	PIntN int
}

// Secret is a type with a directive.
type Secret struct {
	Base
	PStringN string
}

// Held is held by other objects, as a pointer or a value.
type Held struct {
	Key      uint32
	PString  *string
	PStringN string
	PIntN    int
	PColor   *Color
	PInner   *Held
}

// Node, Named, Loud and Anything are the Go types of the interfaces and the union.
type (
	Node  interface{ IsNode() }
	Named interface {
		IsNode()
		IsNamed()
	}
	Loud     interface{ IsLoud() }
	Anything interface{ IsAnything() }
)

func (*A) IsNode()     {}
func (*A) IsNamed()    {}
func (*A) IsLoud()     {}
func (*A) IsAnything() {}
func (*B) IsNode()     {}
func (*B) IsNamed()    {}
func (*B) IsAnything() {}
func (C) IsNode()      {}
func (C) IsLoud()      {}
func (C) IsAnything()  {}

// MPure, MChecked, MError, MContext and MHeld are methods of every signature that gqlgen binds.
func (a *A) MPure() string { return mustText(a.Key, "mPure") }

func (a *A) MChecked() (string, bool) {
	s := text(a.Key, "mChecked")
	if s == nil {
		return "", false
	}
	return *s, true
}

func (a *A) MError() (int, error) {
	n, err := resolved(a.Key, "mError", number)
	if n == nil {
		n = new(int)
	}
	return *n, err
}

func (a *A) MContext(context.Context) (*float64, error) { return resolved(a.Key, "mContext", float) }

func (a *A) MHeld(n *int) []*Held { return helds(a.Key, "mHeld"+strconv.Itoa(*n)) }

// Input is an input object.
type Input struct {
	Int    int
	String *string
	Inner  *Input
	Colors []Color
}

// Again is a payload that leads back to a root type.
type Again struct{}

// Color marshals itself.
type Color string

// MarshalGQL implements [graphql.Marshaler].
func (c Color) MarshalGQL(w io.Writer) { fmt.Fprint(w, strconv.Quote(string(c))) }

// UnmarshalGQL implements [graphql.Unmarshaler].
func (c *Color) UnmarshalGQL(v any) error {
	s, ok := v.(string)
	if !ok {
		return errors.New("a color is a string")
	}
	*c = Color(s)
	return nil
}

// Mood is bound as it is.
type Mood string

// Size is bound value by value.
type Size int

// The sizes.
const (
	SizeSmall Size = iota
	SizeLarge
)

// MarshalEven refuses odd numbers.
func MarshalEven(n int) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(_ context.Context, w io.Writer) error {
		if n%2 != 0 {
			return fmt.Errorf("%d is odd", n)
		}
		_, err := io.WriteString(w, strconv.Itoa(n))
		return err
	})
}

// UnmarshalEven takes any integer.
func UnmarshalEven(_ context.Context, v any) (int, error) { return graphql.UnmarshalInt(v) }

// MarshalMoody panics for "panic" and is null for "null".
func MarshalMoody(s string) graphql.Marshaler {
	switch s {
	case "panic":
		panic("moody")
	case "null":
		return graphql.Null
	}
	return graphql.MarshalString(s)
}

// UnmarshalMoody takes any string.
func UnmarshalMoody(v any) (string, error) { return graphql.UnmarshalString(v) }

// MarshalCode writes a code.
func MarshalCode(c uint32) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(AppendCode(nil, c)) })
}

// AppendCode appends a code.
func AppendCode(dst []byte, c uint32) []byte {
	return append(strconv.AppendUint(append(dst, `"C-`...), uint64(c), 10), '"')
}

// UnmarshalCode takes what MarshalCode writes.
func UnmarshalCode(v any) (uint32, error) {
	s, err := graphql.UnmarshalString(v)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n > math.MaxUint32 {
		return 0, fmt.Errorf("%q is no code", s)
	}
	return uint32(n), nil
}
