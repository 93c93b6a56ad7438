package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

// Informer is a dynamic informer, and a copy of its store made of nothing but its events.
type Informer struct {
	name     string
	resource schema.GroupVersionResource
	options  metav1.ListOptions
	// Views of a stream carry the stream's metadata, which changes without them.
	view     bool
	informer cache.SharedIndexInformer

	mutex  sync.Mutex
	copied map[string]map[string]any
	events int
	wrong  []string
}

// NewInformer over a resource of the image group, for the objects with the labels.
func NewInformer(client dynamic.Interface, resource, labels string, view bool) *Informer {
	self := &Informer{
		name:     resource,
		resource: schema.GroupVersionResource{Group: "image.openshift.io", Version: "v1", Resource: resource},
		options:  metav1.ListOptions{LabelSelector: labels},
		view:     view,
		copied:   map[string]map[string]any{},
	}
	if labels != "" {
		self.name += " with " + labels
	}
	tweak := func(options *metav1.ListOptions) { options.LabelSelector = labels }
	self.informer = dynamicinformer.NewFilteredDynamicInformer(client, self.resource, metav1.NamespaceAll, 0, cache.Indexers{}, tweak).Informer()
	_, err := self.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(added any) { self.happened(added, "added", false) },
		UpdateFunc: func(_, changed any) { self.happened(changed, "changed", true) },
		DeleteFunc: func(deleted any) {
			if last, ok := deleted.(cache.DeletedFinalStateUnknown); ok {
				deleted = last.Obj
			}
			self.happened(deleted, "deleted", true)
		},
	})
	if err != nil {
		panic(err)
	}
	return self
}

func (self *Informer) happened(what any, how string, known bool) {
	item := what.(*unstructured.Unstructured)
	name := key(item)
	self.mutex.Lock()
	defer self.mutex.Unlock()
	self.events++
	if _, have := self.copied[name]; have != known && len(self.wrong) < 5 {
		self.wrong = append(self.wrong, fmt.Sprintf("%s was %s", name, how))
	}
	if how == "deleted" {
		delete(self.copied, name)
	} else {
		self.copied[name] = item.Object
	}
}

// Settled waits until the store agrees with a fresh list object for object, and so does the copy.
func (self *Informer) Settled(fresh dynamic.Interface, limit time.Duration) (int, error) {
	var difference string
	var count int
	err := await(limit, "no agreement", func() bool {
		list, err := fresh.Resource(self.resource).List(context.Background(), self.options)
		if err != nil {
			difference = err.Error()
			return false
		}
		wanted := map[string]map[string]any{}
		for n := range list.Items {
			wanted[key(&list.Items[n])] = list.Items[n].Object
		}
		stored := map[string]map[string]any{}
		for _, item := range self.informer.GetStore().List() {
			stored[key(item.(*unstructured.Unstructured))] = item.(*unstructured.Unstructured).Object
		}
		self.mutex.Lock()
		defer self.mutex.Unlock()
		count = len(wanted)
		difference = differs("the store", wanted, stored, self.view)
		if difference == "" {
			difference = differs("the sum of the events", wanted, self.copied, self.view)
		}
		return difference == ""
	})
	if err != nil {
		return count, fmt.Errorf("%w: %s", err, difference)
	}
	return count, nil
}

// Told is how many events there were, and what was wrong with them.
func (self *Informer) Told() (int, error) {
	self.mutex.Lock()
	defer self.mutex.Unlock()
	if len(self.wrong) > 0 {
		return self.events, errors.New(strings.Join(self.wrong, "\n"))
	}
	return self.events, nil
}

func key(item *unstructured.Unstructured) string { return item.GetNamespace() + "/" + item.GetName() }

// differs names the first difference, or nothing.
func differs(what string, wanted, got map[string]map[string]any, view bool) string {
	for name, item := range wanted {
		have, ok := got[name]
		switch {
		case !ok:
			return fmt.Sprintf("%s lacks %s", what, name)
		case !equality.Semantic.DeepEqual(comparable(item, view), comparable(have, view)):
			return fmt.Sprintf("%s has another %s%s", what, name, fields(item, have, view))
		}
	}
	for name := range got {
		if _, ok := wanted[name]; !ok {
			return fmt.Sprintf("%s still has %s", what, name)
		}
	}
	return ""
}

// fields are those that differ, as a list has them and as they were told.
func fields(wanted, got map[string]any, view bool) string {
	text := ""
	for _, field := range []string{"kind", "apiVersion", "metadata", "spec", "status", "tag", "generation", "conditions", "image"} {
		if (field != "metadata" || !view) && !equality.Semantic.DeepEqual(wanted[field], got[field]) {
			text += fmt.Sprintf("\n  list:  %s %v\n  event: %s %v", field, wanted[field], field, got[field])
		}
	}
	return text
}

// comparable is the whole object; of a view, what is its own.
func comparable(item map[string]any, view bool) any {
	if !view {
		return item
	}
	own := map[string]any{}
	for field, value := range item {
		if field != "metadata" {
			own[field] = value
		}
	}
	return own
}
