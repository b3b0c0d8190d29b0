package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/aiqhq/aiq/internal/fault"
)

// The cost of a password hash: argon2id with 19 MiB, two passes and one lane
// (OWASP Password Storage Cheat Sheet, 2024).
const (
	hashMemory  = 19 * 1024 // KiB
	hashPasses  = 2
	hashLanes   = 1
	saltLength  = 16
	hashLength  = 32
	hashVersion = argon2.Version
)

// hashing bounds how many passwords are hashed at once: each takes memory and a
// processor, and more at once are not done sooner.
type hashing chan struct{}

func newHashing() hashing { return make(hashing, 2*runtime.GOMAXPROCS(0)) }

// begin waits for a place, until the function that it returns is called.
func (h hashing) begin(ctx context.Context) (end func(), err error) {
	select {
	case h <- struct{}{}:
		return func() { <-h }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash is hashPassword in turn.
func (h hashing) hash(ctx context.Context, password string) (string, error) {
	end, err := h.begin(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	return hashPassword(password)
}

// check is checkPassword in turn.
func (h hashing) check(ctx context.Context, hash, password string) (bool, error) {
	end, err := h.begin(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	return checkPassword(hash, password)
}

// costs is how a hash of today begins.
func costs() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", hashVersion, hashMemory, hashPasses, hashLanes)
}

// hashPassword is the password's hash in PHC form, with its salt and costs.
func hashPassword(password string) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	sum := argon2.IDKey([]byte(password), salt, hashPasses, hashMemory, hashLanes, hashLength)
	return costs() + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(sum), nil
}

// outdated reports whether the hash is to be replaced when the password is at
// hand: it is bcrypt's, or of other costs than today's.
func outdated(hash string) bool { return !strings.HasPrefix(hash, costs()) }

// checkPassword reports whether the password has the hash: hashPassword's, or
// bcrypt's, which other systems bring. It fails for a hash of another kind.
func checkPassword(hash, password string) (bool, error) {
	if strings.HasPrefix(hash, "$2") {
		return checkBcrypt(hash, password)
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("check password: unknown kind of hash")
	}
	var (
		version, memory, passes uint32
		lanes                   uint8
	)
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil {
		return false, fmt.Errorf("check password: read the hash's costs: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("check password: read the salt: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 || passes == 0 || lanes == 0 {
		return false, errors.New("check password: the hash is not well formed")
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// bcryptReads is the number of bytes of a password that bcrypt looks at; those
// who wrote its hashes have cut the rest off.
const bcryptReads = 72

func checkBcrypt(hash, password string) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)[:min(len(password), bcryptReads)])
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return true, nil
}

// The bounds of a password.
const (
	minPassword = 8   // characters
	maxPassword = 128 // bytes
)

// validPassword fails if the password, which came in that field, may not be one.
func validPassword(field, password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return fault.Invalid(field, "min_length", "The password needs at least %d characters.", minPassword)
	case len(password) > maxPassword:
		return fault.Invalid(field, "max_length", "The password may have at most %d bytes.", maxPassword)
	case common(password):
		return fault.Invalid(field, "common", "This password is one of the commonest; choose another.")
	}
	return nil
}

// commonPasswords are those that are tried first by whoever guesses: some 7,000,
// among them those of zxcvbn (Mark Burnett's list; Dan Wheeler, USENIX Security
// 2016).
//
//go:embed common_passwords.txt
var commonPasswords string

// commonSet is made when it is first asked for: most commands never ask.
var commonSet = sync.OnceValue(func() map[string]struct{} {
	set := map[string]struct{}{}
	for word := range strings.FieldsSeq(commonPasswords) {
		set[word] = struct{}{}
	}
	return set
})

// maxTail is the most digits and marks by which people make a common password
// look like another.
const maxTail = 4

// common reports whether the password is one of the commonest, in any letter
// case, or is one with a few digits or marks after it.
func common(password string) bool {
	word := strings.ToLower(password)
	for tail := 0; tail <= maxTail && word != ""; tail++ {
		if _, ok := commonSet()[word]; ok {
			return true
		}
		last := word[len(word)-1]
		if last >= utf8.RuneSelf || last >= 'a' && last <= 'z' {
			return false
		}
		word = word[:len(word)-1]
	}
	return false
}
