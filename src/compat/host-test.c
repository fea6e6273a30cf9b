/* Copyright (c) 2026 pop3-ext authors, see the included COPYING file */

#include "lib.h"
#include "master-service.h"
#include "path-util.h"

#include "dovecot-compat.h"
#include "host-test.h"

/* Renamed in 2.4.2 */
#ifdef HOST_CONFIG_BUILTIN
#  define HOST_TEST_NO_CONFIG MASTER_SERVICE_FLAG_CONFIG_BUILTIN
#else
#  define HOST_TEST_NO_CONFIG MASTER_SERVICE_FLAG_NO_CONFIG_SETTINGS
#endif

/* From 2.4.3 on tests of the storage have a folder of their own in the given
   one, before in the working directory. */
#ifdef HOST_TEST_DIR
#  include "test-dir.h"
#  undef test_dir_init
#  define host_test_dir_init(dir, name) test_dir_init(dir, name)
#else
#  define host_test_dir_init(dir, name) ((void)(dir))
#endif

void host_test_service_init(const char *name, int *argc, char **argv[])
{
	const char *dir, *error;

	master_service = master_service_init(name,
		MASTER_SERVICE_FLAG_STANDALONE |
		MASTER_SERVICE_FLAG_DONT_SEND_STATS |
		HOST_TEST_NO_CONFIG |
		MASTER_SERVICE_FLAG_NO_SSL_INIT |
		MASTER_SERVICE_FLAG_NO_INIT_DATASTACK_FRAME, argc, argv, "");
	if (t_get_working_dir(&dir, &error) < 0)
		i_fatal("%s", error);
	host_test_dir_init(t_strconcat(dir, "/.test", NULL), name);
}

void host_test_service_deinit(void)
{
	master_service_deinit(&master_service);
}
