package main

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// Gate stands between the watchers and the server. Closed, it cuts every watch and holds back every request, as a network
// that is away would, so that the version from which a watcher goes on grows old. It also counts what passes.
type Gate struct {
	next http.RoundTripper

	mutex  sync.Mutex
	opened chan struct{}
	cuts   map[*watched]struct{}

	// Plain lists, watches, watches that ask for the initial events.
	lists, watches, streams atomic.Int64
	// Answers and events that say 410, by the path that was asked for.
	expired map[string]int
}

// NewGate is an open gate.
func NewGate(next http.RoundTripper) *Gate {
	opened := make(chan struct{})
	close(opened)
	return &Gate{next: next, opened: opened, cuts: map[*watched]struct{}{}, expired: map[string]int{}}
}

// Close cuts what is running and lets nothing through.
func (gate *Gate) Close() {
	gate.mutex.Lock()
	gate.opened = make(chan struct{})
	cuts := gate.cuts
	gate.cuts = map[*watched]struct{}{}
	gate.mutex.Unlock()
	for body := range cuts {
		body.cut.Store(true)
		body.ReadCloser.Close()
	}
}

// Open lets everything through that waited.
func (gate *Gate) Open() {
	gate.mutex.Lock()
	defer gate.mutex.Unlock()
	close(gate.opened)
}

// RoundTrip sends a request once the gate is open.
func (gate *Gate) RoundTrip(request *http.Request) (*http.Response, error) {
	gate.mutex.Lock()
	opened := gate.opened
	gate.mutex.Unlock()
	select {
	case <-opened:
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	query := request.URL.Query()
	watch := query.Get("watch") == "true" || query.Get("watch") == "1"
	answer, err := gate.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	switch {
	case watch && query.Get("sendInitialEvents") == "true":
		gate.streams.Add(1)
	case watch:
		gate.watches.Add(1)
	default:
		gate.lists.Add(1)
	}
	if answer.StatusCode == http.StatusGone {
		gate.gone(request.URL.Path)
	}
	if !watch || answer.StatusCode != http.StatusOK {
		return answer, nil
	}
	body := &watched{ReadCloser: answer.Body, gate: gate, path: request.URL.Path}
	gate.mutex.Lock()
	defer gate.mutex.Unlock()
	if gate.opened != opened {
		answer.Body.Close() // It was closed in between.
	} else {
		gate.cuts[body] = struct{}{}
	}
	answer.Body = body
	return answer, nil
}

// watched is the body of a watch: it can be cut, and notices the event that says that the version is too old.
type watched struct {
	io.ReadCloser
	gate *Gate
	path string
	tail []byte
	cut  atomic.Bool
}

var tooOld = []byte(`"code":410`)

func (gate *Gate) gone(path string) {
	gate.mutex.Lock()
	defer gate.mutex.Unlock()
	gate.expired[path]++
}

// Expired tells how often somebody who asked for the path was told 410.
func (gate *Gate) Expired(path string) int {
	gate.mutex.Lock()
	defer gate.mutex.Unlock()
	return gate.expired[path]
}

func (body *watched) Read(into []byte) (int, error) {
	count, err := body.ReadCloser.Read(into)
	seen := append(body.tail, into[:count]...)
	if bytes.Contains(seen, tooOld) {
		body.gate.gone(body.path)
		seen = nil
	}
	if err != nil && body.cut.Load() {
		err = io.EOF // The end of a watch, after which one goes on; another error would have one begin again.
	}
	body.tail = append([]byte(nil), seen[max(0, len(seen)-len(tooOld)+1):]...)
	return count, err
}

func (body *watched) Close() error {
	body.gate.mutex.Lock()
	delete(body.gate.cuts, body)
	body.gate.mutex.Unlock()
	return body.ReadCloser.Close()
}
