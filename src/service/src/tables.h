#pragma once
// The rows of the operation table, by area. Each span lives in the file that also holds its
// handlers.

#include <span>

#include "strongroom/service/operation.h"

namespace strongroom::service {

/// The row of an action that needs these parameters (Operation::required).
constexpr Operation needs(std::string_view names, Operation row) {
  row.required = names;
  return row;
}

std::span<const Operation> secret_operations();           // ops_secrets*.cc
std::span<const Operation> rotation_operations();         // ops_rotation.cc
std::span<const Operation> repair_operations();           // ops_repair.cc
std::span<const Operation> tag_operations();              // ops_tags.cc
std::span<const Operation> key_operations();              // ops_keys.cc
std::span<const Operation> crypto_operations();           // ops_crypto.cc
std::span<const Operation> analysis_operations();         // ops_analysis.cc
std::span<const Operation> data_key_operations();         // ops_data_keys.cc
std::span<const Operation> resource_policy_operations();  // ops_resource_policies.cc
std::span<const Operation>
platform_operations();  // ops_platform.cc: regions, account status, Location, BSS
std::span<const Operation> instance_operations();        // ops_instances.cc
std::span<const Operation> access_point_operations();    // ops_access_points.cc
std::span<const Operation> client_key_operations();      // ops_client_keys.cc
std::span<const Operation> bss_operations();             // ops_bss.cc
std::span<const Operation> cms_operations();             // ops_cms.cc
std::span<const Operation> notify_operations();          // ops_notify.cc
std::span<const Operation> sls_operations();             // ops_sls.cc
std::span<const Operation> actiontrail_operations();     // ops_actiontrail.cc
std::span<const Operation> ram_operations();             // ops_ram.cc
std::span<const Operation> ram_group_operations();       // ops_ram_groups.cc
std::span<const Operation> ram_policy_operations();      // ops_ram_policies.cc
std::span<const Operation> ram_attachment_operations();  // ops_ram_attachments.cc
std::span<const Operation> ram_role_operations();        // ops_ram_roles.cc
std::span<const Operation> ram_tag_operations();         // ops_ram_tags.cc
std::span<const Operation> ram_diagnostic_operations();  // ops_ram_diagnostic.cc
std::span<const Operation> ram_login_operations();       // ops_ram_logins.cc
std::span<const Operation> ram_settings_operations();    // ops_ram_settings.cc
std::span<const Operation> caretaker_operations();       // ops_caretaker.cc
std::span<const Operation> account_operations();         // ops_accounts.cc
std::span<const Operation> sts_operations();             // ops_sts.cc
std::span<const Operation> sts_oidc_operations();        // ops_sts_oidc.cc
std::span<const Operation> ims_operations();             // ops_ims.cc
std::span<const Operation> target_operations();          // ops_targets.cc
std::span<const Operation> status_operations();          // ops_status.cc

/// All of the above.
std::span<const std::span<const Operation>> all_tables();

}  // namespace strongroom::service
