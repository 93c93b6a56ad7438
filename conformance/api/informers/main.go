// Command informers lets client-go's dynamic informers follow a Weir while thousands of random changes are made, while it is
// restarted and killed, and after the version they would go on from has expired. In the end each of them must agree with a
// fresh list object for object. Whether they read streaming lists is chosen by KUBE_FEATURE_WatchListClient.
//
//	informers WEIR FOLDER ADDRESS [CLOCK-LIBRARY]
//
// Changes are kept for ten minutes. CLOCK-LIBRARY is libfaketime: with it, the server's clock is eleven minutes ahead after
// its second restart, so that a version can expire without waiting. It prints "ok WHAT", or "bad WHAT" and a line of detail.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/features"
	"k8s.io/client-go/rest"
)

const (
	changes = 10_000
	workers = 8
	// More than what is kept whatever its age, and what is dropped at a time.
	flood = 33_000
)

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: informers WEIR FOLDER ADDRESS [CLOCK-LIBRARY]")
		os.Exit(2)
	}
	folder := os.Args[2]
	server := &Server{binary: os.Args[1], folder: filepath.Join(folder, "registry"), address: os.Args[3], log: filepath.Join(folder, "server.log")}
	clock := ""
	if len(os.Args) > 4 {
		clock = os.Args[4]
	}
	err := run(server, clock)
	if ended := server.End(syscall.SIGTERM); err == nil {
		err = ended
	}
	if err != nil {
		check("the run comes to its end", err)
	}
	if failures > 0 {
		os.Exit(1)
	}
}

var failures int

// check prints what was found out.
func check(what string, err error) {
	if err == nil {
		fmt.Println("ok", what)
		return
	}
	failures++
	fmt.Println("bad", what)
	for _, line := range strings.Split(err.Error(), "\n") {
		fmt.Printf("    %.1000s\n", line)
	}
}

func run(server *Server, clock string) error {
	if err := server.Start(); err != nil {
		return err
	}
	writer := NewWriter(server.URL(), workers)
	writer.Prepare()
	writer.Changes(200, 1, func(int) {})

	gate := NewGate(&http.Transport{})
	through := &rest.Config{Host: server.URL(), QPS: -1, WrapTransport: func(http.RoundTripper) http.RoundTripper { return gate }}
	watching, err := dynamic.NewForConfig(through)
	if err != nil {
		return err
	}
	fresh, err := dynamic.NewForConfig(&rest.Config{Host: server.URL(), QPS: -1})
	if err != nil {
		return err
	}
	informers := []*Informer{
		NewInformer(watching, "imagestreams", "", false),
		NewInformer(watching, "images", "", false),
		NewInformer(watching, "imagestreams", "tier=gold", false),
		NewInformer(watching, "images", "tier!=silver,tier", false),
		NewInformer(watching, "imagestreamtags", "", true),
		NewInformer(watching, "imagetags", "", true),
	}
	ending, end := context.WithCancel(context.Background())
	defer end()
	for _, informer := range informers {
		go informer.informer.Run(ending.Done())
	}
	for _, informer := range informers {
		check(informer.name+": the informer has the first list", await(20*time.Second, "not in sync", informer.informer.HasSynced))
	}
	// A gate of its own, so that the requests of the informers are counted alone.
	replayed := NewGate(&http.Transport{})
	follower := Follow(server.URL(), api+"/imagestreams", replayed)
	defer follower.End()
	if err := await(10*time.Second, "the replay has no list", func() bool { follower.mutex.Lock(); defer follower.mutex.Unlock(); return follower.lists > 0 }); err != nil {
		return err
	}

	part := changes / 3
	during := func(half int, what string, restart func() error) func(int) {
		var once sync.Once
		return func(made int) {
			if made >= half {
				once.Do(func() { check(what, restart()) })
			}
		}
	}
	writer.Changes(part, 2, during(part/2, "the server is restarted among the changes", func() error { return server.Restart(syscall.SIGTERM) }))
	// kubernetes-api 100, 108
	check("the replay of a restart needs no second list", replayCheck(follower, 1))
	writer.Changes(part, 3, during(part/2, "the server is killed among the changes", func() error { return server.Restart(syscall.SIGKILL) }))
	// kubernetes-api 162
	check("the replay of a kill needs no second list", replayCheck(follower, 1))

	// A list made later would mend what was lost until now.
	for _, informer := range informers {
		_, err := informer.Settled(fresh, 45*time.Second)
		check(informer.name+": agrees with a fresh list after the kill", err)
	}
	if clock != "" {
		check("a version expires", expire(server, clock, writer, gate, replayed, fresh))
	}
	writer.Changes(changes-2*part, 4, func(int) {})
	if clock != "" {
		check("the replay was told so and made one more list", replayCheck(follower, 2))
	}
	check(fmt.Sprintf("%d changes, nothing unexpected among the answers", changes), writer.surprises())
	check("what was acknowledged before the kill is there", writer.accounts(fresh))

	for _, informer := range informers {
		count, err := informer.Settled(fresh, 45*time.Second)
		events, wrong := informer.Told()
		check(fmt.Sprintf("%s: agrees with a fresh list, object for object (%d objects, %d events)", informer.name, count, events), err)
		check(informer.name+": events are told as what they are", wrong)
	}
	check("list and watch, replayed, are the fresh list", follower.Settled(20*time.Second))

	streaming := features.FeatureGates().Enabled(features.WatchListClient)
	fmt.Printf("note %d lists, %d watches, %d streaming lists\n", gate.lists.Load(), gate.watches.Load(), gate.streams.Load())
	if streaming {
		check("the informers read streaming lists, and no others", wants(gate.streams.Load() > 0 && gate.lists.Load() == 0))
	} else {
		check("the informers read lists, and no streaming ones", wants(gate.streams.Load() == 0 && gate.lists.Load() > 0))
	}
	if clock != "" {
		// kubernetes-api 104
		for _, resource := range []string{"imagestreams", "images"} {
			count := gate.Expired(api + "/" + resource)
			check(fmt.Sprintf("informers of %s were told that their version has expired (%d times)", resource, count), wants(count > 0))
		}
	}
	return nil
}

// expire keeps everybody from watching while the server's clock goes on and more changes are made than are kept.
func expire(server *Server, clock string, writer *Writer, informers, follower *Gate, fresh dynamic.Interface) error {
	resource := NewInformer(fresh, "imagestreams", "", false).resource
	list, err := fresh.Resource(resource).List(context.Background(), metav1.ListOptions{Limit: 1})
	if err != nil {
		return err
	}
	// An informer begins again, with a list, after a watch of less than a second that brought nothing.
	time.Sleep(1500 * time.Millisecond)
	informers.Close()
	follower.Close()
	defer informers.Open()
	defer follower.Open()
	// What is older than ten minutes then has to reach beyond the version that somebody goes on from.
	writer.Flood(200)
	server.environment = []string{"LD_PRELOAD=" + clock, "FAKETIME=+11m", "FAKETIME_DONT_FAKE_MONOTONIC=1"}
	if err := server.Restart(syscall.SIGTERM); err != nil {
		return err
	}
	writer.Flood(flood)
	answer, err := http.Get(server.URL() + api + "/imagestreams?watch=true&timeoutSeconds=1&resourceVersion=" + list.GetResourceVersion())
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body := make([]byte, 1000)
	count, _ := answer.Body.Read(body)
	if text := string(body[:count]); !strings.Contains(text, `"code":410`) || !strings.Contains(text, `"reason":"Expired"`) {
		return fmt.Errorf("watch from %s after %d changes and 11 minutes: %d %s", list.GetResourceVersion(), flood, answer.StatusCode, text)
	}
	return nil
}

func replayCheck(follower *Follower, lists int) error {
	if err := follower.Settled(20 * time.Second); err != nil {
		return err
	}
	follower.mutex.Lock()
	defer follower.mutex.Unlock()
	switch {
	case len(follower.wrong) > 0:
		return fmt.Errorf("%s", strings.Join(follower.wrong, "\n"))
	case follower.lists != lists:
		return fmt.Errorf("%d lists instead of %d", follower.lists, lists)
	}
	return nil
}

func wants(fulfilled bool) error {
	if !fulfilled {
		return fmt.Errorf("what was counted says otherwise")
	}
	return nil
}

// surprises are the answers nobody would expect.
func (writer *Writer) surprises() error {
	writer.mutex.Lock()
	defer writer.mutex.Unlock()
	if len(writer.surprise) == 0 {
		return nil
	}
	text := fmt.Sprintf("%d kinds of answers", len(writer.surprise))
	for what, count := range writer.surprise {
		if len(text) < 2000 {
			text += fmt.Sprintf("\n%d times %s", count, what)
		}
	}
	return fmt.Errorf("%s", text)
}

// accounts compares what each worker's stream says with what the worker was told.
func (writer *Writer) accounts(fresh dynamic.Interface) error {
	resource := NewInformer(fresh, "imagestreams", "", false).resource
	for worker, count := range writer.ledger {
		stream, err := fresh.Resource(resource).Namespace(space(0)).Get(context.Background(), account(worker), metav1.GetOptions{})
		if err != nil {
			return err
		}
		// A count whose answer was lost may have been written; it is sent again, as the same number.
		if got := stream.GetAnnotations()["count"]; got != fmt.Sprint(count) {
			return fmt.Errorf("%s says %s instead of %d", account(worker), got, count)
		}
	}
	return nil
}
