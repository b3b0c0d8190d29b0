// Package ident holds the typed keys of everything that has an identity, and
// their global form: the opaque text by which the GraphQL API names them.
//
// A key's Go type says what it names, so that a session's key cannot stand
// where a user's is asked for. In the database a key is a 64-bit integer.
package ident

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Kind is the GraphQL type that a key names.
type Kind string

// The kinds of things that have a key.
const (
	KindUser             Kind = "User"
	KindSession          Kind = "TestSession"
	KindResponse         Kind = "Response"
	KindQuestion         Kind = "Question"
	KindParameters       Kind = "ItemParameters"
	KindResult           Kind = "TestResult"
	KindItemStatistics   Kind = "ItemStatistics"
	KindOptionStatistics Kind = "OptionStatistics"
	KindValidity         Kind = "SessionValidity"
	KindGroup            Kind = "Group"
	KindMembership       Kind = "GroupMembership"
	KindInvitation       Kind = "GroupInvitation"
	KindDataExport       Kind = "DataExport"
	KindAuditEntry       Kind = "AuditEntry"
	KindAPIKey           Kind = "ApiKey"
	KindFeedback         Kind = "Feedback"
	KindClientEvent      Kind = "ClientEvent"
	KindDevice           Kind = "Device"
	KindNotification     Kind = "Notification"
)

func kinds() []Kind {
	return []Kind{
		KindUser, KindSession, KindResponse, KindQuestion,
		KindParameters, KindResult, KindItemStatistics, KindOptionStatistics,
		KindValidity, KindGroup, KindMembership, KindInvitation, KindDataExport,
		KindAuditEntry, KindAPIKey, KindFeedback, KindClientEvent,
		KindDevice, KindNotification,
	}
}

// The keys, one type for each kind.
type (
	User             int64
	Session          int64
	Response         int64
	Question         int64
	Parameters       int64
	Result           int64
	ItemStatistics   int64
	OptionStatistics int64
	Validity         int64
	Group            int64
	Membership       int64
	Invitation       int64
	DataExport       int64
	AuditEntry       int64
	APIKey           int64
	Feedback         int64
	ClientEvent      int64
	Device           int64
	Notification     int64
	// EngineRevision names no GraphQL type: it is for replaying choices.
	EngineRevision int64
	// Erasure names no GraphQL type: who asked for one has a token for it.
	Erasure int64
)

// MarshalGQL writes the key's global form.
func (k User) MarshalGQL(w io.Writer)             { write(w, KindUser, int64(k)) }
func (k Session) MarshalGQL(w io.Writer)          { write(w, KindSession, int64(k)) }
func (k Response) MarshalGQL(w io.Writer)         { write(w, KindResponse, int64(k)) }
func (k Question) MarshalGQL(w io.Writer)         { write(w, KindQuestion, int64(k)) }
func (k Parameters) MarshalGQL(w io.Writer)       { write(w, KindParameters, int64(k)) }
func (k Result) MarshalGQL(w io.Writer)           { write(w, KindResult, int64(k)) }
func (k ItemStatistics) MarshalGQL(w io.Writer)   { write(w, KindItemStatistics, int64(k)) }
func (k OptionStatistics) MarshalGQL(w io.Writer) { write(w, KindOptionStatistics, int64(k)) }
func (k Invitation) MarshalGQL(w io.Writer)       { write(w, KindInvitation, int64(k)) }
func (k Membership) MarshalGQL(w io.Writer)       { write(w, KindMembership, int64(k)) }
func (k Group) MarshalGQL(w io.Writer)            { write(w, KindGroup, int64(k)) }
func (k DataExport) MarshalGQL(w io.Writer)       { write(w, KindDataExport, int64(k)) }
func (k Validity) MarshalGQL(w io.Writer)         { write(w, KindValidity, int64(k)) }
func (k AuditEntry) MarshalGQL(w io.Writer)       { write(w, KindAuditEntry, int64(k)) }
func (k APIKey) MarshalGQL(w io.Writer)           { write(w, KindAPIKey, int64(k)) }
func (k Feedback) MarshalGQL(w io.Writer)         { write(w, KindFeedback, int64(k)) }
func (k ClientEvent) MarshalGQL(w io.Writer)      { write(w, KindClientEvent, int64(k)) }
func (k Device) MarshalGQL(w io.Writer)           { write(w, KindDevice, int64(k)) }
func (k Notification) MarshalGQL(w io.Writer)     { write(w, KindNotification, int64(k)) }

// AppendGQL appends what MarshalGQL writes, without allocating.
func (k User) AppendGQL(dst []byte) []byte           { return quote(dst, KindUser, int64(k)) }
func (k Session) AppendGQL(dst []byte) []byte        { return quote(dst, KindSession, int64(k)) }
func (k Response) AppendGQL(dst []byte) []byte       { return quote(dst, KindResponse, int64(k)) }
func (k Question) AppendGQL(dst []byte) []byte       { return quote(dst, KindQuestion, int64(k)) }
func (k Parameters) AppendGQL(dst []byte) []byte     { return quote(dst, KindParameters, int64(k)) }
func (k Result) AppendGQL(dst []byte) []byte         { return quote(dst, KindResult, int64(k)) }
func (k ItemStatistics) AppendGQL(dst []byte) []byte { return quote(dst, KindItemStatistics, int64(k)) }
func (k Validity) AppendGQL(dst []byte) []byte       { return quote(dst, KindValidity, int64(k)) }
func (k Group) AppendGQL(dst []byte) []byte          { return quote(dst, KindGroup, int64(k)) }
func (k Membership) AppendGQL(dst []byte) []byte     { return quote(dst, KindMembership, int64(k)) }
func (k Invitation) AppendGQL(dst []byte) []byte     { return quote(dst, KindInvitation, int64(k)) }
func (k DataExport) AppendGQL(dst []byte) []byte     { return quote(dst, KindDataExport, int64(k)) }
func (k OptionStatistics) AppendGQL(dst []byte) []byte {
	return quote(dst, KindOptionStatistics, int64(k))
}
func (k AuditEntry) AppendGQL(dst []byte) []byte   { return quote(dst, KindAuditEntry, int64(k)) }
func (k APIKey) AppendGQL(dst []byte) []byte       { return quote(dst, KindAPIKey, int64(k)) }
func (k Feedback) AppendGQL(dst []byte) []byte     { return quote(dst, KindFeedback, int64(k)) }
func (k ClientEvent) AppendGQL(dst []byte) []byte  { return quote(dst, KindClientEvent, int64(k)) }
func (k Device) AppendGQL(dst []byte) []byte       { return quote(dst, KindDevice, int64(k)) }
func (k Notification) AppendGQL(dst []byte) []byte { return quote(dst, KindNotification, int64(k)) }

// UnmarshalGQL reads the key from its global form.
func (k *User) UnmarshalGQL(v any) error             { return read(k, KindUser, v) }
func (k *Session) UnmarshalGQL(v any) error          { return read(k, KindSession, v) }
func (k *Response) UnmarshalGQL(v any) error         { return read(k, KindResponse, v) }
func (k *Question) UnmarshalGQL(v any) error         { return read(k, KindQuestion, v) }
func (k *Parameters) UnmarshalGQL(v any) error       { return read(k, KindParameters, v) }
func (k *Result) UnmarshalGQL(v any) error           { return read(k, KindResult, v) }
func (k *ItemStatistics) UnmarshalGQL(v any) error   { return read(k, KindItemStatistics, v) }
func (k *OptionStatistics) UnmarshalGQL(v any) error { return read(k, KindOptionStatistics, v) }
func (k *Invitation) UnmarshalGQL(v any) error       { return read(k, KindInvitation, v) }
func (k *Membership) UnmarshalGQL(v any) error       { return read(k, KindMembership, v) }
func (k *Group) UnmarshalGQL(v any) error            { return read(k, KindGroup, v) }
func (k *DataExport) UnmarshalGQL(v any) error       { return read(k, KindDataExport, v) }
func (k *Validity) UnmarshalGQL(v any) error         { return read(k, KindValidity, v) }
func (k *AuditEntry) UnmarshalGQL(v any) error       { return read(k, KindAuditEntry, v) }
func (k *APIKey) UnmarshalGQL(v any) error           { return read(k, KindAPIKey, v) }
func (k *Feedback) UnmarshalGQL(v any) error         { return read(k, KindFeedback, v) }
func (k *ClientEvent) UnmarshalGQL(v any) error      { return read(k, KindClientEvent, v) }
func (k *Device) UnmarshalGQL(v any) error           { return read(k, KindDevice, v) }
func (k *Notification) UnmarshalGQL(v any) error     { return read(k, KindNotification, v) }

// Global is a key whose kind is known only at run time, as in node(id:).
type Global struct {
	Kind Kind
	// Key is the number in the kind's table; 0 for a text that names nothing.
	Key int64
}

// MarshalGQL writes the key's global form.
func (g Global) MarshalGQL(w io.Writer) { write(w, g.Kind, g.Key) }

// UnmarshalGQL reads whatever GraphQL takes for an id, numbers too: one that is
// not a global id becomes the zero Global, which names nothing, because an
// unknown id is an answer (not found) and not a malformed request.
func (g *Global) UnmarshalGQL(v any) error {
	s, _ := v.(string)
	*g, _ = Parse(s)
	return nil
}

// String is the global form.
func (g Global) String() string { return format(g.Kind, g.Key) }

// As is the key if it is of the kind, and 0, which no row has, if not.
func As[K ~int64](g Global, kind Kind) K {
	if g.Kind != kind {
		return 0
	}
	return K(g.Key)
}

var (
	errNotText   = errors.New("an id is a string")
	errMalformed = errors.New("not an id of this server")
)

// Parse reads a global form. It fails on text that this package did not write.
func Parse(s string) (Global, error) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Global{}, errMalformed
	}
	kind, num, ok := strings.Cut(string(raw), ":")
	if !ok {
		return Global{}, errMalformed
	}
	key, err := strconv.ParseInt(num, 10, 64)
	g := Global{Kind: Kind(kind), Key: key}
	// Base64 and numbers have several spellings; a thing has one id.
	if err != nil || key <= 0 || !slices.Contains(kinds(), g.Kind) || g.String() != s {
		return Global{}, errMalformed
	}
	return g, nil
}

func read[K ~int64](dst *K, kind Kind, v any) error {
	s, ok := v.(string)
	if !ok {
		return errNotText
	}
	g, err := Parse(s)
	if err != nil {
		return err
	}
	if g.Kind != kind {
		return fmt.Errorf("the id names a %s, not a %s", g.Kind, kind)
	}
	*dst = K(g.Key)
	return nil
}

func write(w io.Writer, kind Kind, key int64) {
	var buf [64]byte
	_, _ = w.Write(quote(buf[:0], kind, key))
}

// quote appends the global form in quotes.
func quote(dst []byte, kind Kind, key int64) []byte {
	var raw [48]byte
	plain := strconv.AppendInt(append(append(raw[:0], kind...), ':'), key, 10)
	dst = base64.RawURLEncoding.AppendEncode(append(dst, '"'), plain)
	return append(dst, '"')
}

func format(kind Kind, key int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(kind) + ":" + strconv.FormatInt(key, 10)))
}
