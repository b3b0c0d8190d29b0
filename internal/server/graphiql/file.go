package graphiql

import (
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var (
	//go:embed dist/app.js.gz
	scriptGzip string
	//go:embed dist/app.css.gz
	stylesheetGzip string
	//go:embed dist/LICENSES.txt
	licences string
)

// file is a static file of the page. Its address holds a hash of its content, so that a browser may keep it for ever.
type file struct {
	name        string
	contentType string
	content     string
	gzipped     bool
	hash        string
}

func newFile(name, contentType, content string, gzipped bool) file {
	sum := sha256.Sum256([]byte(content))
	return file{name, contentType, content, gzipped, hex.EncodeToString(sum[:8])}
}

// Path is the file's address, relative to that of the page.
func (f file) Path() string {
	return "graphiql/" + f.hash + "/" + f.name
}

func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	content, tag := f.content, f.hash
	if f.gzipped {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			header.Set("Content-Encoding", "gzip")
			tag += "-gzip"
		} else {
			var err error
			if content, err = gunzip(content); err != nil {
				http.Error(w, "the file could not be read", http.StatusInternalServerError)
				return
			}
		}
	}
	header.Set("Content-Type", f.contentType)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, f.name, time.Time{}, strings.NewReader(content))
}

func gunzip(compressed string) (string, error) {
	reader, err := gzip.NewReader(strings.NewReader(compressed))
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(reader)
	return string(content), err
}

// acceptsGzip tells whether Accept-Encoding headers admit gzip (RFC 9110, section 12.5.3): by its name, or else
// by "*", with a weight above zero.
func acceptsGzip(headers []string) bool {
	wildcard := false
	for coding := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, parameters, _ := strings.Cut(coding, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return positiveWeight(parameters)
		case "*":
			wildcard = positiveWeight(parameters)
		}
	}
	return wildcard
}

// positiveWeight reads the "q=0.5" after a coding's name; without one the weight is 1.
func positiveWeight(parameters string) bool {
	name, value, found := strings.Cut(strings.TrimSpace(parameters), "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return true
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err == nil && weight > 0
}
