package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
)

// Follower replays a watch with nothing in between: one list, then watches that go on from the last version seen. Unlike an
// informer it forgives nothing: no gap, no event twice, no version that does not grow.
type Follower struct {
	base, path string
	client     *http.Client
	stop       context.CancelFunc
	ended      chan struct{}

	mutex   sync.Mutex
	state   map[string]map[string]any
	version uint64
	lists   int
	wrong   []string
}

type listed struct {
	Metadata struct {
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Items []map[string]any `json:"items"`
}

type event struct {
	Type   string         `json:"type"`
	Object map[string]any `json:"object"`
}

// Follow begins with a list.
func Follow(base, path string, gate http.RoundTripper) *Follower {
	running, stop := context.WithCancel(context.Background())
	self := &Follower{base: base, path: path, client: &http.Client{Transport: gate}, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(self.ended)
		expired := true
		for running.Err() == nil {
			if expired && self.list(running) != nil {
				time.Sleep(50 * time.Millisecond)
				continue
			}
			expired = self.watch(running)
		}
	}()
	return self
}

func (self *Follower) get(running context.Context, query string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(running, http.MethodGet, self.base+self.path+query, nil)
	if err != nil {
		return nil, err
	}
	return self.client.Do(request)
}

func (self *Follower) list(running context.Context) error {
	answer, err := self.get(running, "")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var list listed
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the list answers %d", answer.StatusCode)
	}
	self.mutex.Lock()
	defer self.mutex.Unlock()
	self.lists++
	self.version, err = strconv.ParseUint(list.Metadata.ResourceVersion, 10, 64)
	self.state = map[string]map[string]any{}
	for _, item := range list.Items {
		self.state[nameOf(item)] = item
	}
	return err
}

// watch goes on from the last version until the watch ends, and tells whether that version was too old.
func (self *Follower) watch(running context.Context) (expired bool) {
	self.mutex.Lock()
	from := self.version
	self.mutex.Unlock()
	answer, err := self.get(running, fmt.Sprintf("?watch=true&allowWatchBookmarks=true&resourceVersion=%d", from))
	if err != nil {
		time.Sleep(50 * time.Millisecond)
		return false
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		time.Sleep(50 * time.Millisecond)
		return answer.StatusCode == http.StatusGone
	}
	for lines := bufio.NewReader(answer.Body); ; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) > 0 {
			return false // The server was killed in the middle of a line.
		}
		if err != nil {
			return false
		}
		var happened event
		if err := json.Unmarshal(line, &happened); err != nil {
			self.mutex.Lock()
			self.complain("a line is no event: %.200s", line)
			self.mutex.Unlock()
			return false
		}
		if happened.Type == "ERROR" {
			return happened.Object["code"] == float64(http.StatusGone)
		}
		self.take(happened)
	}
}

func (self *Follower) take(happened event) {
	self.mutex.Lock()
	defer self.mutex.Unlock()
	metadata, _ := happened.Object["metadata"].(map[string]any)
	version, err := strconv.ParseUint(fmt.Sprint(metadata["resourceVersion"]), 10, 64)
	name := nameOf(happened.Object)
	_, known := self.state[name]
	switch bookmark := happened.Type == "BOOKMARK"; {
	case err != nil:
		self.complain("%s of %s has the version %v", happened.Type, name, metadata["resourceVersion"])
	case version < self.version, version == self.version && !bookmark:
		self.complain("%s of %s at %d comes after %d", happened.Type, name, version, self.version)
	case bookmark:
	case known != (happened.Type != "ADDED"):
		self.complain("%s of %s at %d, known before: %v", happened.Type, name, version, known)
	}
	self.version = max(self.version, version)
	switch happened.Type {
	case "ADDED", "MODIFIED":
		self.state[name] = happened.Object
	case "DELETED":
		delete(self.state, name)
	}
}

// complain is called with the mutex held.
func (self *Follower) complain(format string, values ...any) {
	if len(self.wrong) < 5 {
		self.wrong = append(self.wrong, fmt.Sprintf(format, values...))
	}
}

// Settled waits until the replay agrees with a fresh list.
func (self *Follower) Settled(limit time.Duration) error {
	var difference string
	err := await(limit, "no agreement", func() bool {
		answer, err := http.Get(self.base + self.path)
		if err != nil {
			difference = err.Error()
			return false
		}
		defer answer.Body.Close()
		var list listed
		if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
			difference = err.Error()
			return false
		}
		self.mutex.Lock()
		defer self.mutex.Unlock()
		wanted := map[string]map[string]any{}
		for _, item := range list.Items {
			wanted[nameOf(item)] = withoutKind(item)
		}
		got := map[string]map[string]any{}
		for name, item := range self.state {
			got[name] = withoutKind(item)
		}
		difference = differs("the replay", wanted, got, false)
		return difference == "" && equality.Semantic.DeepEqual(len(wanted), len(got))
	})
	if err != nil {
		return fmt.Errorf("%w: %s", err, difference)
	}
	return nil
}

// End stops following.
func (self *Follower) End() {
	self.stop()
	<-self.ended
}

func nameOf(item map[string]any) string {
	metadata, _ := item["metadata"].(map[string]any)
	return fmt.Sprint(metadata["namespace"], "/", metadata["name"])
}

// withoutKind: items of a list need not say their kind, objects of events do.
func withoutKind(item map[string]any) map[string]any {
	rest := map[string]any{}
	for field, value := range item {
		if field != "kind" && field != "apiVersion" {
			rest[field] = value
		}
	}
	return rest
}
