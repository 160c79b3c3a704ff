# SPDX-License-Identifier: EUPL-1.2
# flags.cmake - warnings, sanitizers and hardening for every target.

include(CheckCCompilerFlag)

add_compile_definitions(_GNU_SOURCE)
include_directories("${CMAKE_SOURCE_DIR}")
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wsign-conversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes
    -Wwrite-strings -Wcast-qual -Wundef -Wvla -Wswitch-enum
    -Wimplicit-fallthrough)
if(OV_WERROR)
	add_compile_options(-Werror)
endif()
# Only what a program uses appears in its list of libraries; that list is
# what tests/links reads.
add_link_options(-Wl,--as-needed)

if(OV_SANITIZE)
	add_compile_options(-fsanitize=${OV_SANITIZE} -fno-sanitize-recover=all
	    -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${OV_SANITIZE})
endif()
if(OV_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(OV_HARDEN)
	add_compile_options(-fstack-protector-strong -fstack-clash-protection
	    -fPIE)
	check_c_compiler_flag(-fcf-protection OV_HAS_CF_PROTECTION)
	if(OV_HAS_CF_PROTECTION)
		add_compile_options(-fcf-protection)
	endif()
	# gcc 12 takes it, clang 14 wants a second flag for it.
	check_c_compiler_flag(-ftrivial-auto-var-init=zero OV_HAS_AUTO_ZERO)
	if(OV_HAS_AUTO_ZERO)
		add_compile_options(-ftrivial-auto-var-init=zero)
	endif()
	add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
	add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
