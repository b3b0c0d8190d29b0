package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/aiqhq/aiq/internal/auth"
)

// addressed puts the network address of the client in the context.
func (s *Server) addressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := clientAddress(r, s.config.TrustedProxies)
		next.ServeHTTP(w, r.WithContext(auth.WithAddress(r.Context(), address)))
	})
}

// customer is the part of an IPv6 address that says who the customer is.
const customer = 64

// clientAddress is where the request comes from: the other end of the
// connection, or if that is a trusted proxy, the last address in X-Forwarded-For
// that is not one. What stands before it anyone can have written.
func clientAddress(r *http.Request, trusted []netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	at := peer.Addr().Unmap()
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(forwarded) {
		if !slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(at) }) {
			break
		}
		next, err := parseAddress(strings.TrimSpace(text))
		if err != nil {
			break
		}
		at = next
	}
	at = at.WithZone("")
	if at.Is6() {
		if network, err := at.Prefix(customer); err == nil {
			return network.String()
		}
	}
	return at.String()
}

// parseAddress reads an address with or without a port.
func parseAddress(text string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap(), nil
	}
	at, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return at.Unmap(), err
}
