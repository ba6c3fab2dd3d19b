#pragma once
// Every bound of the product, in one place. A queue, loop, body or list without a line here is a
// defect. Sources: openapi.md §3.3, and what was measured (docs/performance.md).

#include <cstddef>
#include <cstdint>

namespace strongroom::limits {

// Storage (what the weakest engine can keep: etcd's 128 operations and 1.5 MiB a request).
inline constexpr std::size_t kKeyBytesMax = 511;
inline constexpr std::size_t kRecordBytesMax = 1 << 20;
inline constexpr std::size_t kCommitOperationsMax = 110;   // 50 tagged resources and the audit row
inline constexpr std::size_t kCommitBytesMax = 1'400'000;  // keys and records of one change
inline constexpr std::size_t kScanRowsMax = 10'000;
inline constexpr std::size_t kGroupChangesMax = 512;  // changes that share one sync
// A group is closed once it holds this much.
inline constexpr std::size_t kGroupBytesMax = 32U << 20;
inline constexpr std::size_t kCommitQueueMax = 4'096;  // changes waiting for the commit thread
inline constexpr std::size_t kWatchBacklogChangesMax = 10'000;  // kept for watch(from)
inline constexpr std::size_t kWatchBacklogBytesMax = 8U << 20;
inline constexpr unsigned kStoreReadersMax = 1'024;  // snapshots open at once, tools included
// Address space reserved for the embedded engine.
inline constexpr std::uint64_t kMapBytesMax = 1ULL << 40;
// One suite 1 blob (GCM itself allows 2^36).
inline constexpr std::size_t kSealedBytesMax = 16U << 20;

// Locked memory.
inline constexpr std::size_t kLockedBytesMax = 256U << 20;
// libcrypto's own locked heap: the numbers of parsed private keys.
inline constexpr std::size_t kKeyHeapBytes = 8U << 20;

// Passphrases: beyond these a file is hostile.
inline constexpr std::uint32_t kArgon2MemoryKibMax = 4U << 20;
inline constexpr std::uint32_t kArgon2PassesMax = 20;
inline constexpr std::uint32_t kArgon2LanesMax = 16;
inline constexpr std::size_t kSecretLineBytesMax = 4'096;  // typed, or piped in

// Network and HTTP.
inline constexpr std::size_t kHeadBytesMax = 256U << 10;
// Beyond this a head counts as unauthenticated bytes in flight.
inline constexpr std::size_t kHeadBytesFree = 16U << 10;
inline constexpr std::size_t kUnauthenticatedBytesMax = 64U << 20;
inline constexpr std::size_t kHeaderFieldsMax = 100;
inline constexpr std::size_t kBodyBytesMax = 256U << 10;
// Of the Instance API (instance-protocol.md §1.1).
inline constexpr std::size_t kInstanceBodyBytesMax = 3U << 20;
// Fields that a message does not know, or has a second time: a newer client may send some, and
// nobody a body of nothing else.
inline constexpr std::size_t kSpareFieldsMax = 32;
inline constexpr std::size_t kInstanceListenersMax = 16;

// Client key files that are opened.
inline constexpr std::size_t kPkcs12BytesMax = 64U << 10;
inline constexpr std::int64_t kPkcs12IterationsMax = 1'000'000;
inline constexpr std::size_t kPipelinedMax = 16;
inline constexpr std::size_t kRequestsPerConnectionMax = 10'000;
inline constexpr std::size_t kConnectionsMax = 10'240;
inline constexpr std::size_t kConnectionsPerAddressMax = 256;
inline constexpr std::size_t kHandshakesPerAddressMax = 64;
inline constexpr std::int64_t kHandshakeMillisMax = 10'000;
inline constexpr std::int64_t kHeadMillisMax = 10'000;
inline constexpr std::int64_t kBodyMillisMax = 30'000;
inline constexpr std::int64_t kBodyIdleMillisMax = 10'000;
inline constexpr std::int64_t kBodyGraceMillis = 5'000;
inline constexpr std::size_t kBodyBytesPerSecondMin = 1024;
inline constexpr std::int64_t kRequestMillisMax = 30'000;
inline constexpr std::int64_t kIdleMillisMax = 60'000;
inline constexpr std::int64_t kSendMillisMax = 30'000;

// Workers.
inline constexpr std::size_t kWorkerThreads = 64;
inline constexpr std::size_t kWorkerQueueMax = 4'096;
inline constexpr int kConflictRetriesMax = 16;

// Requests.
inline constexpr std::size_t kParametersMax = 256;
inline constexpr std::size_t kJsonDepthMax = 16;
inline constexpr std::int64_t kTimestampWindowMillis = 15 * 60 * 1000;
inline constexpr std::int64_t kTimestampWindowShrunkMillis = 60 * 1000;
inline constexpr std::size_t kNonceBytesMax = 128;
inline constexpr std::size_t kNonceTableBytesMax = 256U << 20;

// Identity.
inline constexpr std::size_t kUsersPerAccountMax = 1'000;
inline constexpr std::size_t kAccessKeysPerUserMax = 2;
inline constexpr std::size_t kAccountsMax = 10'000;
inline constexpr std::size_t kGroupsPerAccountMax = 50;
inline constexpr std::size_t kRolesPerAccountMax = 1'000;
inline constexpr std::size_t kPoliciesPerAccountMax = 1'500;
inline constexpr std::size_t kOidcProvidersPerAccountMax = 100;
inline constexpr std::size_t kMfaDevicesPerAccountMax = 1'000;
inline constexpr std::size_t kGroupsPerUserMax = 5;
inline constexpr std::size_t kSystemPoliciesPerUserMax = 20;
inline constexpr std::size_t kCustomPoliciesPerUserMax = 10;
inline constexpr std::size_t kCustomPoliciesPerGroupMax = 5;  // and per role
inline constexpr std::size_t kPolicyVersionsMax = 5;
inline constexpr std::size_t kSecurityTokenBytesMax = 8'192;
inline constexpr std::size_t kClientIdsPerProviderMax = 50;
inline constexpr std::size_t kFingerprintsPerProviderMax = 5;
// Members that a group may have when it is renamed: their rows are rewritten in one commit.
inline constexpr std::size_t kRenamedGroupMembersMax = 40;
inline constexpr std::size_t kOldPasswordsMax = 24;
inline constexpr std::size_t kOidcTokenBytesMax = 20'000;
inline constexpr std::size_t kOidcDocumentBytesMax = 256U << 10;  // discovery, key set
inline constexpr std::size_t kOidcKeysMax = 50;
inline constexpr std::size_t kOidcIssuersCached = 256;

// Policy documents (gateway.md §5.4, §6.6).
inline constexpr std::size_t kPolicyDocumentCharsMax = 6'144;
inline constexpr std::size_t kSessionPolicyCharsMax = 2'048;
inline constexpr std::size_t kResourcePolicyBytesMax = 32'768;
// Combinations of address, time, TLS and second factor tried for one answer.
inline constexpr std::size_t kAnalysisRangesMax = 65'536;
// Names of sessions (RoleSessionName), and what follows the account in the ARN of who asks.
inline constexpr std::size_t kSessionNameCharsMin = 2;
inline constexpr std::size_t kSessionNameCharsMax = 64;
inline constexpr std::size_t kArnTailCharsMax = 160;
// Resources that one question about all of them looks at.
inline constexpr std::size_t kAnalysisResourcesMax = 20'000;
// Rules that an account's policies must always keep.
inline constexpr std::size_t kAccountRulesMax = 100;
inline constexpr std::size_t kAccountRuleBytesMax = 1'000;
// Reaches that break rules, as one answer lists them.
inline constexpr std::size_t kViolationsListedMax = 100;

// KMS instances.
inline constexpr std::size_t kInstancesPerAccountMax = 100;
inline constexpr std::size_t kInstanceIdBytesMax = 64;
inline constexpr std::size_t kInstanceNameCharsMax = 128;
inline constexpr std::size_t kBindVpcsMax = 1'000;

// Application access points.
inline constexpr std::size_t kAccessNameCharsMax = 128;
inline constexpr std::size_t kAccessDescriptionCharsMax = 8'192;
inline constexpr std::size_t kNetworkSourcesMax = 200;
inline constexpr std::size_t kAccessPermissionsMax = 10;
inline constexpr std::size_t kAccessResourcesMax = 200;
inline constexpr std::size_t kAccessResourceBytesMax = 300;
inline constexpr std::size_t kAccessRulesMax = 50;
inline constexpr std::size_t kAccessRulesBytesMax = 16'384;
inline constexpr std::size_t kPoliciesPerAccessPointMax = 3;
inline constexpr std::size_t kClientKeysPerAccessPointMax = 3;
inline constexpr std::size_t kAccessPointsPerAccountMax = 10'000;  // rules and policies, too
inline constexpr std::size_t kAccessPointsPerRoleMax = 20;
inline constexpr std::size_t kClientKeyPasswordMin = 8;
inline constexpr std::size_t kClientKeyPasswordMax = 64;

// Keys.
inline constexpr std::size_t kKeysPerAccountMax = 10'000;
inline constexpr std::size_t kPlaintextBytesMax = 6'144;
inline constexpr std::size_t kDataKeyBytesMax = 1'024;
inline constexpr std::size_t kEncryptionContextCharsMax = 8'192;
inline constexpr std::size_t kKeyDescriptionCharsMax = 8'192;
inline constexpr int kKeyDeletionDaysMin = 7;
inline constexpr int kKeyDeletionDaysMax = 366;
inline constexpr std::size_t kVersionsPerKeyMax = 50;
inline constexpr std::int64_t kKeyVersionGapDays = 7;  // between two CreateKeyVersion
inline constexpr std::int64_t kKeyRotationDaysMin = 7;
inline constexpr std::int64_t kKeyRotationDaysMax = 730;
inline constexpr std::size_t kAliasesPerAccountMax = 10'000;
inline constexpr std::size_t kAliasesPerKeyMax = 50;
inline constexpr std::size_t kAliasCharsMax = 255;
inline constexpr std::int64_t kImportTokenMillis = 24LL * 60 * 60 * 1000;
inline constexpr std::size_t kImportTokenBytesMax = 4'096;
inline constexpr std::size_t kAsymmetricBytesMax = 8'192;  // plaintext, ciphertext, signature
inline constexpr std::size_t kMacMessageBytesMax = 32'768;
// Parsed private keys that one thread keeps.
inline constexpr std::size_t kParsedKeysPerThread = 32;

// Secrets.
inline constexpr std::size_t kSecretsPerAccountMax = 2'000'000;
inline constexpr std::size_t kSecretNameCharsMax = 192;
inline constexpr std::size_t kVersionIdCharsMax = 64;
inline constexpr std::size_t kSecretDataBytesMax = 30'720;
inline constexpr std::size_t kSecretDescriptionCharsMax = 8'192;
inline constexpr std::size_t kVersionsPerSecretMax = 10;
inline constexpr std::size_t kLabelsPerSecretMax = 8;
inline constexpr std::size_t kLabelCharsMax = 64;
inline constexpr int kRecoveryDaysMin = 7;
inline constexpr int kRecoveryDaysMax = 30;
inline constexpr int kRecoveryDaysDefault = 30;
inline constexpr std::size_t kBatchSecretsMax = 20;
inline constexpr std::size_t kFiltersMax = 10;
inline constexpr std::size_t kFilterValuesMax = 10;

// Tags and lists.
inline constexpr std::size_t kTagsPerResourceMax = 20;
inline constexpr std::size_t kTagCharsMax = 128;
inline constexpr std::size_t kTagResourcesPerCallMax = 50;
inline constexpr std::size_t kTagRowsPerPage = 200;
inline constexpr int kPageSizeMax = 101;
inline constexpr std::size_t kTagFilterResourcesMax = 4'000;  // openapi.md §4.6
inline constexpr std::size_t kTagScanResourcesMax = 20'000;   // looked at for one page of tags
inline constexpr std::size_t kListScanBatch = 1'000;  // heads opened per snapshot while filtering

// Caches, for the whole process.
inline constexpr std::size_t kHeadCacheBytes = 48U << 20;
inline constexpr std::size_t kDerivedKeyCacheBytes = 32U << 20;
inline constexpr std::size_t kBlobCacheBytes = 64U << 20;
inline constexpr std::size_t kPrefixCacheBytes = 16U << 20;  // blinded names
// Rows that one call may read from the store on its I/O thread.
inline constexpr std::size_t kThroughRowsMax = 8;
// Changed rows waiting for one I/O thread.
inline constexpr std::size_t kInvalidationBacklogMax = 65'536;
inline constexpr std::size_t kPrincipalCacheEntries = 10'000;

// Audit.
inline constexpr std::size_t kAuditRecordBytesMax = 16U << 10;
// Rows of commits moved into the log at a time.
inline constexpr std::size_t kAuditDrainRowsMax = 2'000;
inline constexpr std::size_t kAuditSegmentBytes = 64U << 20;  // a volume of entries
inline constexpr std::size_t kAuditSpoolBytes = 4U << 20;     // one thread's segment, preallocated
inline constexpr std::size_t kAuditSpareSegmentsMax = 8;      // made or emptied, for the next
inline constexpr std::size_t kAuditCommittedSpoolBytes = 4U << 20;  // the segment of mutations
// Full but not yet in the tree; then writes fail.
inline constexpr std::size_t kAuditSpoolSegmentsMax = 256;
// One turn's records before they are written early.
inline constexpr std::size_t kAuditBatchBytesMax = 4U << 20;
inline constexpr std::int64_t kAuditMergeMillis = 90;
inline constexpr std::size_t kAuditBlockBytes = 64U << 10;  // of an archive, before compression
// Blocks that one search opens; beyond it says that it did not look at everything.
inline constexpr std::size_t kAuditSearchBlocksMax = 8'192;
inline constexpr std::size_t kAuditSearchTermsMax = 32;
inline constexpr std::size_t kAuditSearchResultsMax = 1'000;
inline constexpr std::size_t kAuditSearchSkipMax = 100'000;
inline constexpr std::size_t kAuditCursorBytesMax = 64;  // how far an export came
// The last tree that a witness saw of one log: a number and a hash.
inline constexpr std::size_t kWitnessMemoryBytesMax = 256;

// Rotation: jobs to connectors and what they answer (docs/formats/connector.md).
inline constexpr std::size_t kExtendedConfigCharsMax = 1'024;
inline constexpr std::size_t kCustomDataMax = 10;
inline constexpr std::int64_t kRotationSecondsMin = 6LL * 3600;  // unless the operator lowers it …
inline constexpr std::int64_t kRotationSecondsFloor = 60;        // … to no less than this
inline constexpr std::int64_t kRotationSecondsMax = 365LL * 86'400;
inline constexpr std::int64_t kOverlapMillisMin = 10LL * 60 * 1000;
inline constexpr std::int64_t kOverlapMillisMax = 2LL * 86'400 * 1000;
inline constexpr std::size_t kRotationThreads = 8;
inline constexpr std::size_t kRotationQueueMax = 1'024;
inline constexpr std::size_t kConnectorFieldBytesMax = 64U << 10;
inline constexpr std::size_t kConnectorFrameBytesMax = 512U << 10;
inline constexpr std::size_t kConnectorListMax = 64;
inline constexpr std::size_t kConnectorMessageBytesMax = 512;
inline constexpr std::size_t kEgressSlots = 16;     // jobs at targets at a time
inline constexpr std::size_t kEgressJobsMax = 256;  // handed over and not answered
inline constexpr std::int64_t kStepMillisMax = 300'000;
inline constexpr std::size_t kTargetsPerAccountMax = 1'000;
inline constexpr std::size_t kTargetIdBytesMax = 128;
inline constexpr std::size_t kTargetFieldBytesMax = 16U << 10;  // a CA, a private key
inline constexpr std::size_t kTargetAccountBytesMax = 128;  // MariaDB's; the longest of all kinds
inline constexpr std::size_t kTargetHostEntriesMax = 64;    // places one account may come from
inline constexpr std::size_t kTargetGrantsMax = 10'000;     // looked at for one account

// Work that falls due.
inline constexpr std::size_t kDueBatchMax = 100;
inline constexpr std::int64_t kDuePollMillisMax = 1'000;

// Receipts and witnesses of the audit log.
inline constexpr std::size_t kReceiptEntriesPending = 4'096;   // answers that wait for their proof
inline constexpr std::int64_t kReceiptMillisMax = 2'000;       // how long one waits
inline constexpr std::int64_t kLookUpSettleMillisMax = 5'000;  // a search for the newest records
inline constexpr std::size_t kWitnessesMax = 8;                // asked about each checkpoint
inline constexpr std::size_t kWitnessedLogsMax = 64;           // logs that this server watches
inline constexpr std::size_t kWitnessHashesMax = 63;           // of a consistency proof
inline constexpr std::size_t kWitnessBodyBytesMax = 32U << 10;

// Traces.
inline constexpr std::size_t kTraceQueueMax =
    4'096;                                          // spans that wait to be sent; more are counted
inline constexpr std::size_t kTraceBatchMax = 512;  // spans of one message
inline constexpr std::int64_t kTraceMillisMax = 5'000;

// Status in one screen.
inline constexpr std::size_t kStatusLinesMax = 20;  // of each kind; more are counted

// Notices.
inline constexpr std::size_t kNotifyTargetsMax = 20;
inline constexpr std::size_t kNotifyTargetNameMax = 64;

}  // namespace strongroom::limits
