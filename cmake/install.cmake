# SPDX-License-Identifier: EUPL-1.2
# install.cmake - what an administrator gets: programs, units, users, manual.
# The units name the programs where they are installed.

include(GNUInstallDirs)

install(TARGETS overstap overstapd overstapd-store overstapd-vault
    overstapd-net overstapd-houder RUNTIME DESTINATION bin)
install(PROGRAMS systemd/overstap-seal DESTINATION sbin)
install(FILES systemd/overstap.sysusers DESTINATION lib/sysusers.d
    RENAME overstap.conf)
install(FILES man/overstap.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES man/overstap.conf.5 DESTINATION "${CMAKE_INSTALL_MANDIR}/man5")
file(GLOB pages CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/man/*.8")
install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man8")
install(FILES README.md CHANGES.md LICENSE docs/protocol.md docs/openapi.json
    DESTINATION "${CMAKE_INSTALL_DOCDIR}")

file(GLOB units CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/systemd/*.service"
    "${CMAKE_SOURCE_DIR}/systemd/*.socket"
    "${CMAKE_SOURCE_DIR}/systemd/*.target")
install(CODE "set(units \"${units}\")")
install(CODE [[
	set(staged "${CMAKE_CURRENT_LIST_DIR}/units")
	foreach(unit IN LISTS units)
		file(READ "${unit}" text)
		string(REPLACE "/usr/bin/" "${CMAKE_INSTALL_PREFIX}/bin/"
		    text "${text}")
		cmake_path(GET unit FILENAME name)
		file(WRITE "${staged}/${name}" "${text}")
		file(INSTALL "${staged}/${name}"
		    DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
	endforeach()
]])
