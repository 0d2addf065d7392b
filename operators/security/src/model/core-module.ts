/** The part of every organization's model that is about accounts. @see spec platform-mesh/security §4 */
export const coreModule = `module core

type user

type role
  relations
    define assignee: [user, user:*]

type core_platform-mesh_io_account
  relations
    define parent: [core_platform-mesh_io_account]
    define owner: [role#assignee] or owner from parent
    define member: [role#assignee] or owner

    define get: member
    define update: member
    define patch: member
    define watch: member
    define delete: owner

    define create_core_platform-mesh_io_accounts: member
    define list_core_platform-mesh_io_accounts: member
    define watch_core_platform-mesh_io_accounts: member

    define create_core_platform-mesh_io_accountinfos: member
    define list_core_platform-mesh_io_accountinfos: member
    define watch_core_platform-mesh_io_accountinfos: member

    define list_core_kcp_io_logicalclusters: member
    define watch_core_kcp_io_logicalclusters: member

    define manage_iam_roles: owner
    define get_iam_roles: member
    define get_iam_users: member

    define bind_inherited: [apis_kcp_io_apiexport] or bind_inherited from parent
    define bind: [apis_kcp_io_apiexport] or bind_inherited

type core_platform-mesh_io_accountinfo
  relations
    define parent: [core_platform-mesh_io_account]
    define member: member from parent
    define owner: owner from parent

    define get: member
    define watch: member

    define manage_iam_roles: owner
    define get_iam_roles: member
    define get_iam_users: member

type core_kcp_io_logicalcluster
  relations
    define parent: [core_platform-mesh_io_account]
    define member: member from parent

    define get: member
    define watch: member
`;
