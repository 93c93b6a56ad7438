package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Server is the Weir under test: always the same address and the same folder, however often it is started.
type Server struct {
	binary, folder, address, log string
	// Further variables of the environment of the next start.
	environment []string
	process     *exec.Cmd
}

// URL of the server.
func (server *Server) URL() string { return "http://" + server.address }

// Start returns when the server answers.
func (server *Server) Start() error {
	log, err := os.OpenFile(server.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	process := exec.Command(server.binary, "serve", "--listen", server.address, "--data", server.folder, "--log", "json/warn")
	process.Env = append(os.Environ(), server.environment...)
	process.Stdout, process.Stderr = log, log
	if err := process.Start(); err != nil {
		return err
	}
	server.process = process
	return await(30*time.Second, "the server does not answer", func() bool {
		answer, err := http.Get(server.URL() + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// End sends the signal and waits for the process, so that the address is free again.
func (server *Server) End(signal syscall.Signal) error {
	if server.process == nil {
		return nil
	}
	process := server.process
	server.process = nil
	if err := process.Process.Signal(signal); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	select {
	case err := <-ended:
		if signal == syscall.SIGTERM && err != nil {
			return fmt.Errorf("it ended with %w", err)
		}
		return nil
	case <-time.After(30 * time.Second):
		_ = process.Process.Kill()
		<-ended
		return fmt.Errorf("it did not end within 30 s of %v", signal)
	}
}

// Restart ends the server with the signal and starts it again.
func (server *Server) Restart(signal syscall.Signal) error {
	if err := server.End(signal); err != nil {
		return err
	}
	return server.Start()
}

// await asks again and again until the condition holds, quickly at first.
func await(limit time.Duration, what string, condition func() bool) error {
	pause := 10 * time.Millisecond
	for deadline := time.Now().Add(limit); ; pause = min(pause*3/2, time.Second/2) {
		if condition() {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s within %v", what, limit)
		}
		time.Sleep(pause)
	}
}
