# SPDX-License-Identifier: EUPL-1.2
# tests.cmake - unit tests, fuzz harnesses and the links test.

pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
set(OV_ALL ov_tools ov_role_net ov_role_store ov_role_vault ov_role_houder
    ov_role_launcher ov_store ov_crypto ov_protocol ov_base)

# Unit tests run in the root of the checkout, where tests/data is.
if(CMOCKA_FOUND)
	file(GLOB sources CONFIGURE_DEPENDS
	    "${CMAKE_SOURCE_DIR}/tests/unit/test_*.c")
	foreach(src IN LISTS sources)
		get_filename_component(name "${src}" NAME_WE)
		string(REGEX REPLACE "^test_" "unit_" name "${name}")
		add_executable(${name} "${src}")
		target_compile_definitions(${name} PRIVATE
		    OV_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
		# The lowest layer is tested without those above it.
		if(name MATCHES "^unit_base")
			set(libs ov_base)
		else()
			set(libs ${OV_ALL})
		endif()
		target_link_libraries(${name} PRIVATE ${libs}
		    PkgConfig::CMOCKA)
		set_target_properties(${name} PROPERTIES
		    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
		add_test(NAME ${name} COMMAND ${name}
		    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
		set_tests_properties(${name} PROPERTIES TIMEOUT 300)
	endforeach()
endif()

# Fuzz harnesses: with libFuzzer when OV_FUZZ is on; otherwise driver.c
# replays the corpus, every file and every prefix of it.
file(GLOB sources CONFIGURE_DEPENDS
    "${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c")
foreach(src IN LISTS sources)
	get_filename_component(name "${src}" NAME_WE)
	string(REGEX REPLACE "^fuzz_" "" short "${name}")
	if(OV_FUZZ)
		add_executable(${name} "${src}")
		target_link_options(${name} PRIVATE -fsanitize=fuzzer)
	else()
		add_executable(${name} "${src}"
		    "${CMAKE_SOURCE_DIR}/tests/fuzz/driver.c")
	endif()
	target_link_libraries(${name} PRIVATE ${OV_ALL})
	if(CMOCKA_FOUND) # the fixtures of tests/unit use it
		target_link_libraries(${name} PRIVATE PkgConfig::CMOCKA)
	endif()
	set_target_properties(${name} PROPERTIES
	    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
	if(NOT OV_FUZZ)
		add_test(NAME ${name} COMMAND ${name}
		    "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${short}"
		    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
		set_tests_properties(${name} PROPERTIES TIMEOUT 300)
	endif()
endforeach()
# Of a program, and in no library.
file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tools/generate_*.c")
target_sources(fuzz_generate PRIVATE ${sources})
