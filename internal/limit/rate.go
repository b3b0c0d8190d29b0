// Package limit counts what viewers and addresses do, and says when it is too
// much: within one process, or for all replicas through PostgreSQL.
package limit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is so much in a time, written 5/10m.
type Rate struct {
	Most int
	Per  time.Duration
}

// String writes the rate.
func (r Rate) String() string {
	per := r.Per.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(per, zero) {
			per = per[:len(per)-2]
		}
	}
	return strconv.Itoa(r.Most) + "/" + per
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rate) UnmarshalText(text []byte) error {
	most, per, found := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(most)
	if !found || err != nil {
		return fmt.Errorf("rate %q: want a number and a time, such as 5/10m", text)
	}
	d, err := time.ParseDuration(per)
	if err != nil {
		return fmt.Errorf("rate %q: %w", text, err)
	}
	*r = Rate{n, d}
	return nil
}
