package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	api        = "/apis/image.openshift.io/v1"
	namespaces = 4
	streams    = 60
	imagePool  = 200
	merge      = "application/merge-patch+json"
	strategic  = "application/strategic-merge-patch+json"
	jsonPatch  = "application/json-patch+json"
	index      = "application/vnd.oci.image.index.v1+json"
)

// Writer makes random changes over plain HTTP, the way many clients at once would.
type Writer struct {
	base   string
	client *http.Client
	// How many changes were made, and what nobody would expect as an answer.
	made     atomic.Int64
	mutex    sync.Mutex
	surprise map[string]int
	// What each worker's own stream has to say in the end, as far as the server said that it was written.
	ledger []int
}

// NewWriter is a writer with so many workers.
func NewWriter(base string, workers int) *Writer {
	return &Writer{
		base:     base,
		client:   &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: time.Minute},
		surprise: map[string]int{},
		ledger:   make([]int, workers),
	}
}

// send returns the status. A connection that fails is tried again: the server is being restarted.
func (writer *Writer) send(method, path, kind string, body any) int {
	var bytesOf []byte
	if body != nil {
		bytesOf, _ = json.Marshal(body)
	}
	for deadline := time.Now().Add(time.Minute); ; {
		request, err := http.NewRequest(method, writer.base+path, bytes.NewReader(bytesOf))
		if err != nil {
			panic(err)
		}
		if kind != "" {
			request.Header.Set("Content-Type", kind)
		}
		answer, err := writer.client.Do(request)
		if err == nil {
			text, failed := io.ReadAll(answer.Body)
			answer.Body.Close()
			// A server that is stopping may say so.
			if failed == nil && answer.StatusCode != http.StatusServiceUnavailable {
				if answer.StatusCode >= 500 || answer.StatusCode == 400 || answer.StatusCode == 405 || answer.StatusCode == 415 {
					writer.note(fmt.Sprintf("%s %s %s: %d %.200s", method, kind, path, answer.StatusCode, text))
				}
				return answer.StatusCode
			}
		}
		if time.Now().After(deadline) {
			writer.note(fmt.Sprintf("%s %s: no answer for a minute: %v", method, path, err))
			return 0
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (writer *Writer) note(what string) {
	writer.mutex.Lock()
	defer writer.mutex.Unlock()
	writer.surprise[what]++
}

// Prepare makes the namespaces and the streams of the ledger.
func (writer *Writer) Prepare() {
	for n := range namespaces {
		writer.send(http.MethodPost, "/api/v1/namespaces", "application/json", object{"metadata": object{"name": space(n)}})
	}
	for worker := range writer.ledger {
		writer.send(http.MethodPost, collection("imagestreams", 0), "application/json", object{"metadata": object{"name": account(worker)}})
	}
}

// Changes makes as many changes as asked, with all workers; each time the number of changes made grows, grown is told.
func (writer *Writer) Changes(count int, seed uint64, grown func(made int)) {
	var workers sync.WaitGroup
	var made atomic.Int64
	for worker := range writer.ledger {
		workers.Add(1)
		go func() {
			defer workers.Done()
			random := rand.New(rand.NewPCG(seed, uint64(worker)))
			for tries := 0; made.Load() < int64(count) && tries < 4*count; tries++ {
				var status int
				if tries%20 == 0 {
					status = writer.account(worker)
				} else {
					status = writer.random(random)
				}
				if status >= 200 && status < 300 {
					writer.made.Add(1)
					grown(int(made.Add(1)))
				}
			}
		}()
	}
	workers.Wait()
	if made.Load() < int64(count) {
		writer.note(fmt.Sprintf("only %d of %d changes could be made", made.Load(), count))
	}
}

// Flood makes changes that are as quick as possible, on streams of their own.
func (writer *Writer) Flood(count int) {
	const hands = 32
	var workers sync.WaitGroup
	for hand := range hands {
		workers.Add(1)
		go func() {
			defer workers.Done()
			name := fmt.Sprintf("flood-%d", hand)
			writer.send(http.MethodPost, collection("imagestreams", 1), "application/json", object{"metadata": object{"name": name}})
			for n := range count/hands + 1 {
				writer.send(http.MethodPatch, collection("imagestreams", 1)+"/"+name, merge,
					object{"metadata": object{"annotations": object{"flood": fmt.Sprint(n)}}})
			}
		}()
	}
	workers.Wait()
}

// account counts in the worker's own stream; the number stands in the ledger once the server said yes.
func (writer *Writer) account(worker int) int {
	next := writer.ledger[worker] + 1
	status := writer.send(http.MethodPatch, collection("imagestreams", 0)+"/"+account(worker), merge,
		object{"metadata": object{"annotations": object{"count": fmt.Sprint(next)}}})
	if status == http.StatusOK {
		writer.ledger[worker] = next
	}
	return status
}

type object = map[string]any

func space(n int) string        { return fmt.Sprintf("space-%d", n) }
func account(worker int) string { return fmt.Sprintf("account-%d", worker) }

func collection(resource string, n int) string {
	return fmt.Sprintf("%s/namespaces/%s/%s", api, space(n), resource)
}

func digest(n int) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(fmt.Sprint("image ", n))))
}

func pullSpec(n int) string { return "registry.example/some/app@" + digest(n) }

// random makes one change out of all the kinds of changes there are.
func (writer *Writer) random(random *rand.Rand) int {
	n, stream, tag := random.IntN(namespaces), fmt.Sprintf("app-%d", random.IntN(streams)), fmt.Sprintf("v%d", random.IntN(5))
	picture := random.IntN(imagePool)
	path := collection("imagestreams", n) + "/" + stream
	value := fmt.Sprint(random.IntN(1000))
	external := object{"kind": "DockerImage", "name": "registry.example/some/app:" + value}
	tier := []any{"gold", "silver", nil}[random.IntN(3)]
	switch choice := random.IntN(100); {
	case choice < 12:
		return writer.send(http.MethodPost, collection("imagestreams", n), "application/json", object{
			"apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
			"metadata": object{"name": stream, "labels": object{"tier": "gold"}},
			"spec":     object{"tags": []any{object{"name": tag, "from": external, "reference": true}}},
		})
	case choice < 17:
		return writer.send(http.MethodDelete, path, "", nil)
	case choice < 32:
		return writer.send(http.MethodPatch, path, merge, object{"metadata": object{"labels": object{"tier": tier}}})
	case choice < 40:
		return writer.send(http.MethodPatch, path, merge, object{"metadata": object{"annotations": object{"note": value}}})
	case choice < 50:
		return writer.send(http.MethodPatch, path, strategic, object{"spec": object{"tags": []any{object{"name": tag, "from": external, "reference": true}}}})
	case choice < 55:
		return writer.send(http.MethodPatch, path, jsonPatch, []any{object{"op": "add", "path": "/spec/lookupPolicy/local", "value": random.IntN(2) == 0}})
	case choice < 63:
		from := object{"kind": "ImageStreamTag", "name": stream + ":" + fmt.Sprintf("v%d", random.IntN(5))}
		return writer.send(http.MethodPut, collection("imagestreamtags", n)+"/"+stream+":alias", "application/json",
			object{"metadata": object{"name": stream + ":alias"}, "tag": object{"name": "alias", "from": from}})
	case choice < 68:
		return writer.send(http.MethodDelete, collection("imagestreamtags", n)+"/"+stream+":"+tag, "", nil)
	case choice < 78:
		return writer.send(http.MethodPost, collection("imagestreammappings", n), "application/json", object{
			"metadata": object{"name": stream}, "tag": tag,
			"image": object{"metadata": object{"name": digest(picture)}, "dockerImageReference": pullSpec(picture)},
		})
	case choice < 84:
		return writer.send(http.MethodPut, fmt.Sprintf("/v2/%s/%s/manifests/%s", space(n), stream, tag), index,
			object{"schemaVersion": 2, "mediaType": index, "manifests": []any{}, "annotations": object{"n": value}})
	case choice < 90:
		return writer.send(http.MethodPost, api+"/images", "application/json",
			object{"metadata": object{"name": digest(picture)}, "dockerImageReference": pullSpec(picture)})
	case choice < 96:
		return writer.send(http.MethodPatch, api+"/images/"+digest(picture), merge, object{"metadata": object{"labels": object{"tier": tier, "n": value}}})
	default:
		return writer.send(http.MethodDelete, api+"/images/"+digest(picture), "", nil)
	}
}
