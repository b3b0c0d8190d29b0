// Package apns sends pushes to Apple's push notification service, over HTTP/2 with
// provider tokens.
package apns

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aiqhq/aiq/internal/clock"
)

// The addresses of the service.
const (
	Production = "https://api.push.apple.com"
	Sandbox    = "https://api.sandbox.push.apple.com"
)

const (
	// DefaultTimeout is the longest wait for an answer.
	DefaultTimeout = 10 * time.Second
	// silence is how long a connection may say nothing before it is asked whether it
	// lives, and deadAfter how long the answer may take.
	silence, deadAfter = 30 * time.Second, 5 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 4 << 10
	// maxPayload is the largest payload that the service takes, in bytes.
	maxPayload = 4 << 10
)

// Options are the settings of a Client.
type Options struct {
	// Key signs provider tokens: KeyID is its name, and TeamID whose it is.
	Key           Key
	KeyID, TeamID string
	// Topic is the app's bundle id.
	Topic string
	// URL is the service's; Production unless set.
	URL string
	// Roots are who may vouch for the service; the system's unless set.
	Roots *x509.CertPool
	// Timeout is the longest wait for an answer; DefaultTimeout unless set.
	Timeout time.Duration
}

// Client sends pushes. It is safe for concurrent use, and its pushes share
// connections.
type Client struct {
	options Options
	tokens  *tokens
	http    *http.Client
}

// New makes a client.
func New(now clock.Clock, o Options) (*Client, error) {
	if o.URL == "" {
		o.URL = Production
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if u, err := url.Parse(o.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("apns: %q is not an https address", o.URL)
	}
	switch {
	case o.Key.private == nil:
		return nil, errors.New("apns: a key is needed")
	case o.KeyID == "" || o.TeamID == "" || o.Topic == "":
		return nil, errors.New("apns: a key id, a team id and a topic are needed")
	}
	o.URL = strings.TrimSuffix(o.URL, "/")
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	return &Client{
		options: o,
		tokens:  &tokens{clock: now, options: o},
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:           http.ProxyFromEnvironment,
				Protocols:       protocols,
				TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
				HTTP2:           &http.HTTP2Config{SendPingTimeout: silence, PingTimeout: deadAfter},
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close closes the connections that nobody uses.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Push is a notification for one device.
type Push struct {
	// Token is the device's, in hexadecimal digits.
	Token string
	// ID names the push, in the form of a UUID. One that is tried again keeps it.
	ID string
	// Collapse is what pushes share of which a device shows the newest alone, in the
	// place of the others; at most 64 bytes, "" for none.
	Collapse string
	// Expires is when the service stops trying to deliver it; the zero time is at once.
	Expires time.Time
	Payload Payload
}

// Payload is what the device and the app are told.
type Payload struct {
	Title, Body string
	// Thread is what the device groups notifications by.
	Thread string
	// Data are for the app, beside what the device shows; "aps" is not a name for them.
	Data map[string]string
}

// MarshalJSON writes the payload as the service wants it.
func (p Payload) MarshalJSON() ([]byte, error) {
	aps := map[string]any{"alert": map[string]string{"title": p.Title, "body": p.Body}, "sound": "default"}
	if p.Thread != "" {
		aps["thread-id"] = p.Thread
	}
	out := map[string]any{}
	for name, value := range p.Data {
		out[name] = value
	}
	out["aps"] = aps
	return json.Marshal(out)
}

// Send is nil once the service has taken the push for the device. Any other
// outcome is an *Error; the end of ctx is Temporary too.
func (c *Client) Send(ctx context.Context, p Push) error {
	payload, err := json.Marshal(p.Payload)
	if err != nil {
		return &Error{Class: Permanent, Err: fmt.Errorf("write the payload: %w", err)}
	}
	if len(payload) > maxPayload {
		return &Error{Class: Permanent, Reason: "PayloadTooLarge"}
	}
	token, err := c.tokens.current()
	if err != nil {
		return &Error{Class: Permanent, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.options.URL+"/3/device/"+url.PathEscape(p.Token), bytes.NewReader(payload))
	if err != nil {
		return &Error{Class: Permanent, Err: fmt.Errorf("make the request: %w", err)}
	}
	// Lower-case names, as HTTP/2 has them on the wire.
	req.Header.Set("authorization", "bearer "+token)
	req.Header.Set("content-type", "application/json")
	req.Header.Set("apns-topic", c.options.Topic)
	req.Header.Set("apns-push-type", "alert")
	req.Header.Set("apns-id", p.ID)
	if p.Collapse != "" {
		req.Header.Set("apns-collapse-id", p.Collapse)
	}
	expires := int64(0)
	if !p.Expires.IsZero() {
		expires = p.Expires.Unix()
	}
	req.Header.Set("apns-expiration", strconv.FormatInt(expires, 10))
	res, err := c.http.Do(req)
	if err != nil {
		return &Error{Class: Temporary, Err: withoutToken(err, p.Token)}
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode == http.StatusOK {
		return nil
	}
	if err != nil {
		return &Error{Class: Temporary, Status: res.StatusCode, Err: withoutToken(err, p.Token)}
	}
	refused := classify(res, body)
	if refused.Reason == "ExpiredProviderToken" {
		c.tokens.drop(token)
	}
	return refused
}

// withoutToken is the cause of a failed request, without the address that it went
// to: the device's token is in it, and errors are logged.
func withoutToken(err error, token string) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	if token != "" && strings.Contains(err.Error(), token) {
		return errors.New(strings.ReplaceAll(err.Error(), token, "…"))
	}
	return err
}
