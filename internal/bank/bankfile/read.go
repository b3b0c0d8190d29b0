package bankfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Read yields the questions of a file in order. A line that breaks a rule
// yields a *LineError in place of a record, and reading goes on behind it, so
// that one pass can report on a whole file. A failure of r itself is yielded
// last.
func Read(r io.Reader) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		refs := make(map[string]int)
		lines := bufio.NewReader(r)
		for n := 1; ; n++ {
			line, whole, err := readLine(lines)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Record{}, fmt.Errorf("read line %d: %w", n, err))
				return
			}
			if len(line) > 0 {
				record, problem := parseLine(n, line, whole, refs)
				if !yield(record, problem) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// ReadAll returns the questions of a file in order, or every *LineError of it
// joined: a file is taken whole or not at all.
func ReadAll(r io.Reader) ([]Record, error) {
	var (
		records  []Record
		failures []error
	)
	for record, err := range Read(r) {
		if err != nil {
			failures = append(failures, err)
			continue
		}
		records = append(records, record)
	}
	if len(failures) > 0 {
		return nil, errors.Join(failures...)
	}
	return records, nil
}

// Write writes the records in order, one a line. It refuses records that Read
// would refuse, with a *LineError that carries the line it would have been, and
// then writes nothing.
func Write(w io.Writer, records []Record) error {
	var (
		out  bytes.Buffer
		refs = make(map[string]int, len(records))
		enc  = json.NewEncoder(&out)
	)
	enc.SetEscapeHTML(false)
	for i, r := range records {
		n, start := i+1, out.Len()
		if ps := r.Validate(); len(ps) > 0 {
			return &LineError{Line: n, Problems: ps}
		}
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("encode line %d: %w", n, err)
		}
		if out.Len()-start-1 > MaxLine {
			return tooLong(n)
		}
		if err := claim(refs, r.ExternalRef, n); err != nil {
			return err
		}
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write bank file: %w", err)
	}
	return nil
}

// parseLine never returns a record together with an error.
func parseLine(n int, line []byte, whole bool, refs map[string]int) (Record, error) {
	if !whole {
		return Record{}, tooLong(n)
	}
	record, ps := decodeRecord(line)
	if len(ps) > 0 {
		return Record{}, &LineError{Line: n, Problems: ps}
	}
	if err := claim(refs, record.ExternalRef, n); err != nil {
		return Record{}, err
	}
	return record, nil
}

// claim books a reference for a line, once.
func claim(refs map[string]int, ref string, line int) error {
	if first, taken := refs[ref]; taken {
		var ps problems
		ps.add("external_ref", RuleDistinct, "%q is also on line %d", ref, first)
		return &LineError{Line: line, Problems: ps}
	}
	refs[ref] = line
	return nil
}

func tooLong(line int) error {
	var ps problems
	ps.add("", RuleLineLength, "longer than %d bytes", MaxLine)
	return &LineError{Line: line, Problems: ps}
}

// readLine returns the next line without its end and without surrounding white
// space. Of a line that is too long it keeps nothing beyond the limit, consumes
// it to its end and says that it is not whole.
func readLine(r *bufio.Reader) (line []byte, whole bool, err error) {
	whole = true
	for {
		part, err := r.ReadSlice('\n')
		if whole {
			line = append(line, part...)
		}
		if len(bytes.TrimRight(line, "\r\n")) > MaxLine {
			whole, line = false, line[:MaxLine]
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			if whole {
				line = bytes.TrimSpace(line)
			}
			return line, whole, err
		}
	}
}
