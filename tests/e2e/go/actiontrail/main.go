// The typed Go SDK of ActionTrail (alibabacloud-go/actiontrail-20200706), unmodified: RPC signature version 1, POST, parameters
// in a form.
package main

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"time"

	trail "github.com/alibabacloud-go/actiontrail-20200706/v2/client"
	trailapi "github.com/alibabacloud-go/darabonba-openapi/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	kms "github.com/alibabacloud-go/kms-20160120/v3/client"
	"github.com/alibabacloud-go/tea/tea"

	"strongroom/e2e/e2e"
)

const waitSeconds = 10

var (
	s    = tea.String
	name = "trail-go-" + regexp.MustCompile(`\D`).ReplaceAllString(time.Now().Format(time.RFC3339Nano), "")
	when = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)
)

func must[T any](answer T, err error) T {
	if err != nil {
		panic(err)
	}
	return answer
}

func lookup(client *trail.Client, request trail.LookupEventsRequest, filters ...string) *trail.LookupEventsResponseBody {
	for i := 0; i < len(filters); i += 2 {
		request.LookupAttribute = append(request.LookupAttribute,
			&trail.LookupEventsRequestLookupAttribute{Key: s(filters[i]), Value: s(filters[i+1])})
	}
	return must(client.LookupEvents(&request)).Body
}

// A record joins the log within a second.
func until(client *trail.Client, count int, filters ...string) []map[string]interface{} {
	for deadline := time.Now().Add(waitSeconds * time.Second); ; time.Sleep(100 * time.Millisecond) {
		found := lookup(client, trail.LookupEventsRequest{}, filters...).Events
		if len(found) >= count || time.Now().After(deadline) {
			return found
		}
	}
}

func countOf(events []map[string]interface{}, action string) int {
	count := 0
	for _, event := range events {
		if event["eventName"] == action {
			count++
		}
	}
	return count
}

func prepare() {
	// This SDK has no setting for a CA of its own.
	os.Setenv("SSL_CERT_FILE", os.Getenv("STRONGROOM_CA_FILE"))
	service := must(kms.NewClient(&openapi.Config{
		AccessKeyId: s(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")), AccessKeySecret: s(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
		Endpoint: s(os.Getenv("STRONGROOM_ENDPOINT")), Protocol: s("https"), RegionId: s(os.Getenv("STRONGROOM_REGION")),
		Ca: s(string(must(os.ReadFile(os.Getenv("STRONGROOM_CA_FILE")))))}))
	must(service.CreateSecret(&kms.CreateSecretRequest{SecretName: s(name), VersionId: s("v1"), SecretData: s("never in a log")}))
	for i := 0; i < 3; i++ {
		must(service.GetSecretValue(&kms.GetSecretValueRequest{SecretName: s(name)}))
	}
}

func main() {
	suite := &e2e.Suite{Client: "go actiontrail20200706"}
	prepare()
	client := must(trail.NewClient(&trailapi.Config{
		AccessKeyId: s(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID")), AccessKeySecret: s(os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")),
		Endpoint: s(os.Getenv("STRONGROOM_ENDPOINT")), Protocol: s("https"), RegionId: s(os.Getenv("STRONGROOM_REGION"))}))
	suite.Case("LookupEvents", "every call on a secret", func() {
		events := until(client, 4, "ResourceName", name)
		e2e.Equal(len(events), 4, "events")
		e2e.Equal(countOf(events, "GetSecretValue"), 3, "reads")
		e2e.True(!strings.Contains(tea.Prettify(events), "never in a log"), "a value is in an event")
	})
	suite.Case("LookupEvents", "an event in the documented form", func() {
		event := lookup(client, trail.LookupEventsRequest{}, "EventName", "CreateSecret", "ResourceName", name).Events[0]
		for field, value := range map[string]string{"eventRW": "Write", "serviceName": "Kms", "apiVersion": "2016-01-20",
			"resourceType": "ACS::KMS::Secret", "resourceName": name} {
			e2e.Equal(event[field].(string), value, field)
		}
		identity := event["userIdentity"].(map[string]interface{})
		e2e.Equal(identity["type"].(string), "root-account", "type")
		e2e.Equal(identity["accountId"].(string), os.Getenv("STRONGROOM_ACCOUNT_ID"), "account")
		e2e.True(when.MatchString(event["eventTime"].(string)), "eventTime")
	})
	suite.Case("LookupEvents", "filters", func() {
		events := lookup(client, trail.LookupEventsRequest{}, "EventRW", "Write", "ResourceName", name).Events
		e2e.Equal(countOf(events, "CreateSecret"), len(events), "writes")
		e2e.Equal(len(lookup(client, trail.LookupEventsRequest{}, "User", "nobody-of-that-name").Events), 0, "nobody's")
	})
	suite.Case("LookupEvents", "pages join up", func() {
		seen := map[string]bool{}
		for token := s(""); ; {
			request := trail.LookupEventsRequest{MaxResults: s("2")}
			if *token != "" {
				request.NextToken = token
			}
			page := lookup(client, request, "ResourceName", name)
			for _, event := range page.Events {
				seen[event["eventId"].(string)] = true
			}
			if token = page.NextToken; tea.StringValue(token) == "" {
				break
			}
		}
		e2e.Equal(len(seen), 4, "events")
	})
	suite.Case("LookupEvents", "a time without calls", func() {
		body := lookup(client, trail.LookupEventsRequest{StartTime: s("2020-01-01T00:00:00Z"), EndTime: s("2020-02-01T00:00:00Z")},
			"ResourceName", name)
		e2e.Equal(len(body.Events), 0, "events")
		e2e.Equal(*body.StartTime, "2020-01-01T00:00:00Z", "StartTime")
	})
	suite.Case("LookupEvents", "a filter that does not exist", func() {
		_, err := client.LookupEvents(&trail.LookupEventsRequest{
			LookupAttribute: []*trail.LookupEventsRequestLookupAttribute{{Key: s("Colour"), Value: s("red")}}})
		var refused *tea.SDKError
		e2e.True(errors.As(err, &refused), "accepted")
		e2e.Equal(tea.StringValue(refused.Code), "InvalidParameter", "code")
	})
	suite.Finish()
}
