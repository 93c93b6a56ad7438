// Command streams reads one URL over one HTTP/2 connection with many streams at once. Some are stalled: they take a little,
// wait until all the others are done, and then go on. It prints a line for each stream, and how many connections it took.
//
//	streams URL QUICK STALLED
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"sync"
)

func main() {
	url := os.Args[1]
	quick, _ := strconv.Atoi(os.Args[2])
	stalled, _ := strconv.Atoi(os.Args[3])

	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: &protocols, MaxConnsPerHost: 1}}

	var connections sync.Map
	begin := func() (*http.Response, error) {
		request, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
			connections.Store(info.Conn.LocalAddr().String(), true)
		}}
		return client.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
	}
	finish := func(kind string, response *http.Response, hash io.Writer, sum func([]byte) []byte) {
		defer response.Body.Close()
		if _, err := io.Copy(hash, response.Body); err != nil {
			fmt.Printf("%s failed: %v\n", kind, err)
			return
		}
		fmt.Printf("%s %d %s sha256:%x\n", kind, response.StatusCode, response.Proto, sum(nil))
	}

	var stalling, quickly, resuming sync.WaitGroup
	othersDone := make(chan struct{})
	for range stalled {
		stalling.Add(1)
		resuming.Add(1)
		go func() {
			defer resuming.Done()
			response, err := begin()
			hash := sha256.New()
			if err == nil {
				_, err = io.CopyN(hash, response.Body, 100_000)
			}
			stalling.Done()
			if err != nil {
				fmt.Printf("stalled failed: %v\n", err)
				return
			}
			<-othersDone
			finish("stalled", response, hash, hash.Sum)
		}()
	}
	stalling.Wait()
	for range quick {
		quickly.Add(1)
		go func() {
			defer quickly.Done()
			response, err := begin()
			if err != nil {
				fmt.Printf("quick failed: %v\n", err)
				return
			}
			hash := sha256.New()
			finish("quick", response, hash, hash.Sum)
		}()
	}
	quickly.Wait()
	close(othersDone)
	resuming.Wait()
	count := 0
	connections.Range(func(any, any) bool { count++; return true })
	fmt.Printf("connections %d\n", count)
}
