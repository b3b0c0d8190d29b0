// Package apnstest is a double of Apple's push notification service for tests: over
// HTTP/2 and TLS, with answers like Apple's, and devices that show pushes.
package apnstest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/apns"
	"github.com/aiqhq/aiq/internal/clock"
)

// What the service knows of the provider.
const (
	KeyID  = "ABC123DEFG"
	TeamID = "DEF123GHIJ"
	Topic  = "org.example.aiq"
)

// Reply is what the service answers to a push. The zero value takes it.
type Reply struct {
	// Status is that of the answer; 200 unless set. Reason is Apple's word for it.
	Status int
	Reason string
	// Since is told with 410.
	Since time.Time
	// RetryAfter is the header of that name, "" for none.
	RetryAfter string
	// Hang leaves the push without an answer until the client goes away.
	Hang bool
	// Break ends the connection in place of an answer, and with it the answers to all other
	// pushes that are under way on it.
	Break bool
	// Taken says that a push is shown although its answer is another: it was taken, and the
	// answer was lost.
	Taken bool
}

// Shown is a notification that a device shows.
type Shown struct {
	Token, ID, Collapse string
	Title, Body         string
	// Data are what the app is told.
	Data map[string]string
	// Expires is in seconds since 1970.
	Expires int64
	// Times is how often the service took it: each time after the first it took the place of
	// the one before.
	Times int
}

// Server is the double. It stops when the test ends.
type Server struct {
	URL string

	tb    testing.TB
	clock clock.Clock
	web   *httptest.Server
	key   *ecdsa.PrivateKey

	mu      sync.Mutex
	replies map[string][]Reply
	each    func(n int) Reply
	asked   int
	bearers map[string]bool
	shown   []*Shown
	places  map[string]*Shown
	wrong   []string
}

// New starts a double that takes every push. Provider tokens are good for an hour by
// that clock.
func New(tb testing.TB, now clock.Clock) *Server {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	s := &Server{
		tb: tb, clock: now, key: key,
		replies: map[string][]Reply{}, bearers: map[string]bool{}, places: map[string]*Shown{},
	}
	s.web = httptest.NewUnstartedServer(s)
	s.web.EnableHTTP2 = true
	s.web.Config.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	// Connections that Break ends would be told of.
	s.web.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.web.StartTLS()
	s.URL = s.web.URL
	tb.Cleanup(func() {
		s.web.CloseClientConnections()
		s.web.Close()
		require.Empty(tb, s.wrong, "requests that Apple would not understand")
	})
	return s
}

// KeyPEM is the provider's key as in a .p8 file.
func (s *Server) KeyPEM() string {
	s.tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	require.NoError(s.tb, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// Roots vouch for the double.
func (s *Server) Roots() *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(s.web.Certificate())
	return roots
}

// RootsFile is a file of the certificates that vouch for the double, for SSL_CERT_FILE.
func (s *Server) RootsFile() string {
	s.tb.Helper()
	path := filepath.Join(s.tb.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.web.Certificate().Raw})
	require.NoError(s.tb, os.WriteFile(path, text, 0o600))
	return path
}

// Options are those of a client of the double.
func (s *Server) Options() apns.Options {
	s.tb.Helper()
	key, err := apns.ParseKey(s.KeyPEM())
	require.NoError(s.tb, err)
	return apns.Options{Key: key, KeyID: KeyID, TeamID: TeamID, Topic: Topic, URL: s.URL, Roots: s.Roots()}
}

// Client is a client of the double.
func (s *Server) Client() *apns.Client {
	s.tb.Helper()
	c, err := apns.New(s.clock, s.Options())
	require.NoError(s.tb, err)
	s.tb.Cleanup(c.Close)
	return c
}

// Answer has the next pushes to the device answered so, one after the other. Then all are
// taken again.
func (s *Server) Answer(token string, replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[token] = append(s.replies[token], replies...)
}

// AnswerEach has pushes answered by fn, which is given their number, from 1, and is called
// for one at a time. It comes after what Answer said.
func (s *Server) AnswerEach(fn func(n int) Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.each = fn
}

// Failing answers one of so many pushes as a service in trouble does: in turn with 429, 500
// and 503, by a connection that breaks before the push is taken, and by one that breaks after.
func Failing(oneOf int) func(n int) Reply {
	troubles := []Reply{
		{Status: http.StatusTooManyRequests, Reason: "TooManyRequests"},
		{Status: http.StatusInternalServerError, Reason: "InternalServerError"},
		{Status: http.StatusServiceUnavailable, Reason: "ServiceUnavailable", RetryAfter: "1"},
		{Break: true},
		{Break: true, Taken: true},
	}
	return func(n int) Reply {
		if n%oneOf != 0 {
			return Reply{}
		}
		return troubles[n/oneOf%len(troubles)]
	}
}

// Shown are the notifications that devices show, in the order in which they came.
func (s *Server) Shown() []Shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Shown, len(s.shown))
	for i, n := range s.shown {
		out[i] = *n
	}
	return out
}

// Asked is how many pushes were tried.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// ProviderTokens is how many different ones were used.
func (s *Server) ProviderTokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.bearers)
}

var (
	uuid  = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	token = regexp.MustCompile(`^[0-9a-f]{64,}$`)
)

// connKey is where the connection of a request stands in its context.
type connKey struct{}

// ServeHTTP answers a push.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	device := strings.TrimPrefix(r.URL.Path, "/3/device/")
	reply, payload := s.reply(r, device, body)
	if reply.Status == 0 {
		reply.Status = http.StatusOK
	}
	if reply.Taken || reply.Status == http.StatusOK && !reply.Hang && !reply.Break {
		s.show(r, device, payload)
	}
	switch {
	case reply.Hang:
		<-r.Context().Done()
		return
	case reply.Break:
		// Without the farewell of TLS.
		_ = r.Context().Value(connKey{}).(*tls.Conn).NetConn().Close()
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("apns-id", r.Header.Get("apns-id"))
	if reply.RetryAfter != "" {
		w.Header().Set("Retry-After", reply.RetryAfter)
	}
	w.WriteHeader(reply.Status)
	if reply.Status != http.StatusOK {
		said := map[string]any{"reason": reply.Reason}
		if !reply.Since.IsZero() {
			said["timestamp"] = reply.Since.UnixMilli()
		}
		_ = json.NewEncoder(w).Encode(said)
	}
}

type payload struct {
	APS struct {
		Alert struct{ Title, Body string }
	}
	data map[string]string
}

// reply looks at the request as Apple does, and says what to answer.
func (s *Server) reply(r *http.Request, device string, body []byte) (Reply, payload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	var p payload
	refuse := func(status int, reason string) (Reply, payload) {
		s.wrong = append(s.wrong, fmt.Sprintf("%d %s: %s %s %v", status, reason, r.Method, r.URL.Path, r.Header))
		return Reply{Status: status, Reason: reason}, p
	}
	bearer := strings.TrimPrefix(r.Header.Get("authorization"), "bearer ")
	s.bearers[bearer] = true
	switch expires, err := strconv.ParseInt(r.Header.Get("apns-expiration"), 10, 64); {
	case r.ProtoMajor != 2:
		return refuse(http.StatusHTTPVersionNotSupported, "HTTP2Required")
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed")
	case !strings.HasPrefix(r.URL.Path, "/3/device/"):
		return refuse(http.StatusNotFound, "BadPath")
	case r.Header.Get("apns-topic") != Topic:
		return refuse(http.StatusBadRequest, "BadTopic")
	case r.Header.Get("apns-push-type") != "alert":
		return refuse(http.StatusBadRequest, "InvalidPushType")
	case !uuid.MatchString(r.Header.Get("apns-id")):
		return refuse(http.StatusBadRequest, "BadMessageId")
	case len(r.Header.Get("apns-collapse-id")) > 64:
		return refuse(http.StatusBadRequest, "BadCollapseId")
	case err != nil || expires < 0:
		return refuse(http.StatusBadRequest, "BadExpirationDate")
	case len(body) > 4096:
		return refuse(http.StatusRequestEntityTooLarge, "PayloadTooLarge")
	case p.read(body) != nil || p.APS.Alert.Title == "":
		return refuse(http.StatusBadRequest, "PayloadEmpty")
	}
	if reason := s.unknown(bearer); reason != "" {
		return Reply{Status: http.StatusForbidden, Reason: reason}, p
	}
	if !token.MatchString(device) {
		return Reply{Status: http.StatusBadRequest, Reason: "BadDeviceToken"}, p
	}
	if planned := s.replies[device]; len(planned) > 0 {
		s.replies[device] = planned[1:]
		return planned[0], p
	}
	if s.each != nil {
		return s.each(s.asked), p
	}
	return Reply{}, p
}

func (p *payload) read(body []byte) error {
	if err := json.Unmarshal(body, p); err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&all); err != nil {
		return err
	}
	p.data = map[string]string{}
	for name, value := range all {
		var text string
		if json.Unmarshal(value, &text) == nil {
			p.data[name] = text
		}
	}
	return nil
}

// unknown is why the provider is not accepted, "" if it is.
func (s *Server) unknown(bearer string) string {
	claims := jwt.MapClaims{}
	parsed, err := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation()).
		ParseWithClaims(bearer, claims, func(*jwt.Token) (any, error) { return &s.key.PublicKey, nil })
	if err != nil || parsed.Header["kid"] != KeyID || claims["iss"] != TeamID {
		return "InvalidProviderToken"
	}
	issued, err := claims.GetIssuedAt()
	if err != nil || issued == nil {
		return "InvalidProviderToken"
	}
	if age := s.clock().Sub(issued.Time); age > time.Hour || age < -time.Minute {
		return "ExpiredProviderToken"
	}
	return ""
}

// show shows a push on the device: in the place of the one with the same collapse id, or
// the same id.
func (s *Server) show(r *http.Request, device string, p payload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, collapse := r.Header.Get("apns-id"), r.Header.Get("apns-collapse-id")
	place := device + " id " + id
	if collapse != "" {
		place = device + " collapse " + collapse
	}
	at := s.places[place]
	if at == nil {
		at = &Shown{}
		s.places[place] = at
		s.shown = append(s.shown, at)
	}
	expires, _ := strconv.ParseInt(r.Header.Get("apns-expiration"), 10, 64)
	*at = Shown{
		Token: device, ID: id, Collapse: collapse, Title: p.APS.Alert.Title, Body: p.APS.Alert.Body, Data: p.data,
		Expires: expires, Times: at.Times + 1,
	}
}
