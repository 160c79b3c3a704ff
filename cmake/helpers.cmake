# SPDX-License-Identifier: EUPL-1.2
# helpers.cmake - the functions CMakeLists.txt is written in.  A folder that
# has no sources yet makes an empty library, a program without its main none.

# ov_embed(<file in build/gen> data|schema <glob>...)
function(ov_embed out kind)
	file(GLOB files CONFIGURE_DEPENDS ${ARGN})
	list(SORT files)
	list(JOIN files "," list)
	set(target "${CMAKE_BINARY_DIR}/gen/${out}")
	# The list itself is an input: a file that goes away changes it.
	file(GENERATE OUTPUT "${target}.list" CONTENT "${list}\n")
	add_custom_command(OUTPUT "${target}"
	    COMMAND "${CMAKE_COMMAND}" "-DOUT=${target}" "-DKIND=${kind}"
	    "-DFILES=${list}" -P "${CMAKE_SOURCE_DIR}/cmake/embed.cmake"
	    DEPENDS ${files} "${target}.list"
	    "${CMAKE_SOURCE_DIR}/cmake/embed.cmake"
	    COMMENT "Embedding ${kind} files" VERBATIM)
endfunction()

# ov_library(<name> [FOLDER <dir>] [GLOB <pattern>...] [EXCEPT <file>...]
#     [SOURCES <file>...] [LINK <target>...])
function(ov_library name)
	cmake_parse_arguments(A "" "FOLDER" "GLOB;EXCEPT;SOURCES;LINK" ${ARGN})
	set(globs "")
	if(A_FOLDER)
		list(APPEND globs "${CMAKE_SOURCE_DIR}/${A_FOLDER}/*.c")
	endif()
	foreach(g IN LISTS A_GLOB)
		list(APPEND globs "${CMAKE_SOURCE_DIR}/${g}")
	endforeach()
	file(GLOB sources CONFIGURE_DEPENDS ${globs})
	foreach(x IN LISTS A_EXCEPT)
		list(REMOVE_ITEM sources "${CMAKE_SOURCE_DIR}/${x}")
	endforeach()
	list(APPEND sources ${A_SOURCES})
	if(sources)
		add_library(${name} STATIC ${sources})
		target_link_libraries(${name} PUBLIC ${A_LINK})
	else()
		add_library(${name} INTERFACE)
		target_link_libraries(${name} INTERFACE ${A_LINK})
	endif()
endfunction()

# ov_program(<name> MAIN <file> [GLOB <pattern>...] [LINK <target>...])
function(ov_program name)
	cmake_parse_arguments(A "" "MAIN" "GLOB;LINK" ${ARGN})
	# A glob, so that a main that appears later makes CMake run again.
	set(globs "${CMAKE_SOURCE_DIR}/${A_MAIN}")
	foreach(g IN LISTS A_GLOB)
		list(APPEND globs "${CMAKE_SOURCE_DIR}/${g}")
	endforeach()
	file(GLOB sources CONFIGURE_DEPENDS ${globs})
	if(EXISTS "${CMAKE_SOURCE_DIR}/${A_MAIN}")
		add_executable(${name} ${sources})
		target_link_libraries(${name} PRIVATE ${A_LINK})
		set_property(GLOBAL APPEND PROPERTY OV_PROGRAMS ${name})
	endif()
endfunction()

# ov_role(<folder> <program> LINK <target>...): daemon/<folder>/main.c is the
# program, everything beside it the library ov_role_<folder>, which the
# simulation links too.
function(ov_role folder program)
	cmake_parse_arguments(A "" "" "LINK" ${ARGN})
	ov_library(ov_role_${folder} FOLDER daemon/${folder}
	    EXCEPT daemon/${folder}/main.c LINK ${A_LINK})
	ov_program(${program} MAIN daemon/${folder}/main.c
	    LINK ov_role_${folder})
endfunction()
